#include <catch2/catch.hpp>

#include "tests/sim/support.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

// Pairs of ranks, each with a transfer of its own that would take `drains_s[i]` alone.
struct Pairs {
  struct Pair {
    int first;
    int second;
    double drain_s;
    double latency_s = 0;
  };
  Pairs(int ranks, const std::vector<Pair>& pairs) : plan(ranks) {
    std::vector<RankClass> classes;
    for (const Pair& one : pairs) classes.push_back({"pair", one.first, 2, one.second - one.first});
    plan.classes(classes);
    const int data = plan.lane(LaneKind::communication);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const int index = static_cast<int>(i);
      plan.communicator(pair(pairs[i].first, pairs[i].second - pairs[i].first, index));
      plan.transfer(0, {}, data, index);
      plan.costs()[i] = flows(pairs[i].latency_s, pairs[i].drain_s);
    }
  }
  PlanBuilder plan;
};

}  // namespace

TEST_CASE("two transfers that share a node's link take twice as long") {
  Pairs pairs(4, {{0, 2, 1}, {1, 3, 1}});
  const sim::Played played = play(pairs.plan, 1, nodes(2, 2));
  REQUIRE(finish(played, 0, 0) == Approx(2).epsilon(1e-9));
  REQUIRE(finish(played, 1, 1) == Approx(2).epsilon(1e-9));
}

TEST_CASE("two transfers on links of their own do not disturb one another") {
  Pairs pairs(4, {{0, 2, 1}, {1, 3, 1}});
  REQUIRE(play(pairs.plan, 1, nodes(4)).makespan.value() == Approx(1).epsilon(1e-9));
}

TEST_CASE("without contention transfers that share a link take their durations") {
  Pairs pairs(4, {{0, 2, 1}, {1, 3, 1}});
  REQUIRE(play(pairs.plan, 1, nodes(2, 2), {}, sim::Contention::off).makespan.value() == 1);
}

TEST_CASE("a shared link is free again once one transfer has ended") {
  Pairs pairs(4, {{0, 2, 1}, {1, 3, 2}});
  const sim::Played played = play(pairs.plan, 1, nodes(2, 2));
  REQUIRE(finish(played, 0, 0) == Approx(2).epsilon(1e-9));
  REQUIRE(finish(played, 1, 1) == Approx(3).epsilon(1e-9));
}

TEST_CASE("latency does not take part in the sharing of a link") {
  Pairs pairs(4, {{0, 2, 1, 0.5}, {1, 3, 1, 0.001}});
  const sim::Played played = play(pairs.plan, 1, nodes(2, 2));
  // Alone until 0.5, then half a link each: 0.501 left for the second.
  REQUIRE(finish(played, 1, 1) == Approx(0.5 + 2 * 0.501).epsilon(1e-9));
  REQUIRE(finish(played, 0, 0) == Approx(0.5 + 2 * 0.501 + (1 - 0.501)).epsilon(1e-9));
}

TEST_CASE("flows whose latencies end at the same time take their share from all that they meet") {
  // Both of node 0's flows begin at 0.1; the second meets a third at node 3, which is not on the way of the first.
  Pairs pairs(8, {{0, 2, 1, 0.1}, {1, 6, 1, 0.1}, {4, 7, 1}});
  for (OperationCost& cost : pairs.plan.costs()) cost.closed = false;
  const sim::Played played = play(pairs.plan, 1, nodes(4, 2));
  REQUIRE(finish(played, 4, 2) == Approx(0.1 + 2 * 0.9).epsilon(1e-9));
  REQUIRE(finish(played, 1, 1) == Approx(0.1 + 2).epsilon(1e-9));
  REQUIRE(finish(played, 0, 0) == Approx(0.1 + 2).epsilon(1e-9));
}

TEST_CASE("a flow without latency shares as one with") {
  Pairs pairs(4, {{0, 2, 1, 0}, {1, 3, 2, 1}});
  const sim::Played played = play(pairs.plan, 1, nodes(2, 2));
  REQUIRE(finish(played, 0, 0) == Approx(1).epsilon(1e-9));
  REQUIRE(finish(played, 1, 1) == Approx(3).epsilon(1e-9));
  Pairs together(4, {{0, 2, 2, 0}, {1, 3, 2, 1}});
  const sim::Played shared = play(together.plan, 1, nodes(2, 2));
  REQUIRE(finish(shared, 0, 0) == Approx(3).epsilon(1e-9));
  REQUIRE(finish(shared, 1, 1) == Approx(4).epsilon(1e-9));
}

TEST_CASE("rates are the max-min fair ones") {
  // Node 0 carries three flows, a third of its link each; node 1's link also carries a fourth, which gets the other two thirds.
  Pairs pairs(12, {{0, 3, 1}, {1, 6, 1}, {2, 7, 1}, {4, 9, 1}});
  const sim::Played played = play(pairs.plan, 1, nodes(4, 3));
  REQUIRE(finish(played, 4, 3) == Approx(1.5).epsilon(1e-9));
  for (const int flow : {0, 1, 2}) REQUIRE(finish(played, flow, flow) == Approx(3).epsilon(1e-9));
}

TEST_CASE("transfers of two lanes of the same ranks share their links") {
  PlanBuilder plan(4);
  const int data = plan.lane(LaneKind::communication);
  const int tensor = plan.lane(LaneKind::communication);
  plan.communicator(everyone(4));
  plan.transfer(0, {}, data);
  plan.transfer(0, {}, tensor);
  plan.costs()[0] = plan.costs()[1] = flows(0.25, 1);
  REQUIRE(play(plan, 1, nodes(4)).makespan.value() == Approx(2.25).epsilon(1e-9));
}

TEST_CASE("groups that lie interleaved in the nodes share the nodes' links") {
  PlanBuilder plan(8);
  const int data = plan.lane(LaneKind::communication);
  Communicator interleaved = everyone(2);
  interleaved.groups = interleaved.inner = interleaved.member_stride = 4;  // 0-4, 1-5, ...
  plan.communicator(interleaved);
  plan.transfer(0, {}, data);
  plan.costs()[0] = flows(0, 1);
  REQUIRE(play(plan, 1, nodes(2, 4)).makespan.value() == Approx(4).epsilon(1e-9));
  REQUIRE(play(plan, 1, nodes(8)).makespan.value() == Approx(1).epsilon(1e-9));
}

TEST_CASE("many equal flows on one link get equal shares") {
  constexpr int kPairs = 256;
  PlanBuilder plan(2 * kPairs);
  const int data = plan.lane(LaneKind::communication);
  Communicator pairs = everyone(2);
  pairs.groups = pairs.inner = pairs.member_stride = kPairs;
  plan.communicator(pairs);
  plan.transfer(0, {}, data);
  plan.costs()[0] = flows(1e-3, 1);
  REQUIRE(play(plan, 1, nodes(2, kPairs)).makespan.value() == Approx(kPairs + 1e-3).epsilon(1e-7));
}
