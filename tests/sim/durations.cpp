#include <catch2/catch.hpp>

#include "tests/sim/support.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

// One all-reduce over everyone, alone.
double alone(int ranks, const OperationCost& cost, const Platform& platform, sim::Contention contention = sim::Contention::on) {
  PlanBuilder plan(ranks);
  const int data = plan.lane(LaneKind::communication);
  plan.communicator(everyone(ranks));
  plan.transfer(0, {}, data);
  plan.costs()[0] = cost;
  return play(plan, 1, platform, {}, contention).makespan.value();
}

}  // namespace

TEST_CASE("compute takes exactly its time") {
  PlanBuilder plan;
  plan.compute(0.1234567890123);
  REQUIRE(play(plan, 1, nodes(1)).makespan.value() == 0.1234567890123);
}

TEST_CASE("a delay takes exactly its time") {
  PlanBuilder plan;
  plan.delay(1e-9);
  REQUIRE(play(plan, 1, nodes(1)).makespan.value() == 1e-9);
}

TEST_CASE("a run of steps takes the sum of their times") {
  PlanBuilder plan;
  plan.compute(0.25);
  plan.delay(0.5);
  const sim::Played played = play(plan, 3, nodes(1));
  REQUIRE(played.makespan.value() == 2.25);
  REQUIRE(played.step_finishes == std::vector<Seconds>{Seconds(0.75), Seconds(1.5), Seconds(2.25)});
  REQUIRE(played.compute_finishes == played.step_finishes);
}

TEST_CASE("a transfer alone takes its latency and its drain on any number of ranks") {
  for (const int ranks : {2, 3, 8, 64})
    for (const double latency : {0.0, 1e-9, 1e-6, 1e-3, 1.0})
      for (const double drain : {1e-6, 1e-3, 1.0, 100.0}) {
        INFO(ranks << " ranks, " << latency << " s, " << drain << " s");
        REQUIRE(alone(ranks, flows(latency, drain), nodes(ranks)) == Approx(latency + drain).epsilon(1e-6));
      }
}

TEST_CASE("no window caps a flow over the fastest of links") {
  Platform platform = nodes(4);
  platform.inter_node.bandwidth = BytesPerSecond(1e14);
  REQUIRE(alone(4, flows(1.0, 1e6), platform) == Approx(1.0 + 10.0).epsilon(1e-6));
}

TEST_CASE("a transfer of an odd number of bytes keeps its digits") {
  const OperationCost cost{Seconds(0), Seconds(1000.3 / kBandwidth), Bytes(1000.3)};
  REQUIRE(alone(4, cost, nodes(4)) == Approx(1000.3 / kBandwidth).epsilon(1e-6));
}

TEST_CASE("a transfer without bytes on links takes its latency") {
  REQUIRE(alone(4, {Seconds(0.125), Seconds(0), Bytes(0)}, nodes(4)) == 0.125);
}

TEST_CASE("a barrier takes no time") { REQUIRE(alone(4, {}, nodes(4)) == 0); }

TEST_CASE("a group of one rank has nothing to send") { REQUIRE(alone(1, flows(0.5, 0.25), nodes(1)) == 0.75); }

TEST_CASE("ranks of one node use the links inside it") {
  Platform platform = nodes(1, 4);
  platform.intra_node = {BytesPerSecond(4 * kBandwidth), Seconds(0)};
  REQUIRE(alone(4, flows(0.5, 1.0), platform) == Approx(0.5 + 0.25).epsilon(1e-6));
}

TEST_CASE("a ring over several nodes is as slow as its slowest link") {
  Platform platform = nodes(2, 4);
  platform.intra_node = {BytesPerSecond(4 * kBandwidth), Seconds(0)};
  REQUIRE(alone(8, flows(0, 1.0), platform) == Approx(1.0).epsilon(1e-6));
  platform.intra_node.bandwidth = BytesPerSecond(kBandwidth / 4);
  REQUIRE(alone(8, flows(0, 1.0), platform) == Approx(4.0).epsilon(1e-6));
}

TEST_CASE("a ring between nodes whose inside is not described is played between nodes alone") {
  REQUIRE(alone(8, flows(0.25, 1.0), nodes(2, 4)) == Approx(1.25).epsilon(1e-6));
}

TEST_CASE("a transfer whose ranks are joined by no described link takes its duration") {
  REQUIRE(alone(4, flows(0.25, 1.0), nodes(1, 4)) == 1.25);
}

TEST_CASE("without contention a transfer takes its duration whatever the links") {
  REQUIRE(alone(8, {Seconds(0.25), Seconds(0.5), Bytes(1e12)}, nodes(8), sim::Contention::off) == 0.75);
}

TEST_CASE("an operation without duration still happens") {
  PlanBuilder plan;
  const int first = plan.compute(0);
  plan.compute(1, {{first, 0}});
  const sim::Played played = play(plan, 2, nodes(1));
  REQUIRE(played.log.size() == 4);
  REQUIRE(played.makespan.value() == 2);
}

TEST_CASE("a plan without operations takes no time") {
  StepPlan plan;
  plan.classes = {{"rank", 0, 1, 1}};
  plan.lanes = {{"compute", LaneKind::compute}};
  REQUIRE(sim::play(plan, {}, nodes(1), {}).makespan == Seconds(0));
}
