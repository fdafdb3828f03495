#include "sim/slow_links.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "core/error.hpp"
#include "sim/child.hpp"
#include "sim/network.hpp"
#include "sim/player.hpp"
#include "strategies/lower.hpp"
#include "tests/sim/max_min.hpp"
#include "tests/sim/scenarios.hpp"
#include "tests/sim/support.hpp"
#include "tests/support/storage.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

constexpr double kExact = 1e-9;

Platform slow(Platform platform, std::vector<SlowLink> links) {
  platform.slow_links = std::move(links);
  return platform;
}

/// When a flow of 1 s alone ends that node 0 and node 1 send one another from `from_s` on.
double end_of_flow(double from_s, std::vector<SlowLink> links, sim::Mode mode = sim::Mode::flow) {
  PlanBuilder plan(2);
  const int data = plan.lane(LaneKind::communication);
  plan.communicator(everyone(2));
  plan.transfer(0, {{plan.delay(from_s), 0}}, data);
  plan.costs().back() = flows(0, 1);
  sim::PlayOptions options;
  options.mode = mode;
  return sim::play(plan.plan(1), plan.costs(), slow(nodes(2), std::move(links)), options).makespan.value();
}

SlowLink spell(int node, double factor, double from_s, double until_s) { return {node, factor, Seconds(from_s), Seconds(until_s)}; }
SlowLink always(int node, double factor) { return {.node = node, .factor = factor}; }

}  // namespace

TEST_CASE("spells of nodes begin and end in order, one ending where the next begins") {
  sim::SlowLinks links({spell(7, 2, 3, 5), spell(2, 4, 1, 3), spell(7, 8, 5, 6)});
  REQUIRE(links.nodes() == std::vector<int>{2, 7});
  CHECK(links.next_s() == 1);
  CHECK(links.advance(0.5).empty());
  CHECK(links.advance(1) == std::vector<std::size_t>{0});
  CHECK(links.factor(0) == 4);
  links.advance(3);
  CHECK(links.factor(0) == 1);
  CHECK(links.factor(1) == 2);
  links.advance(5);
  CHECK(links.factor(1) == 8);
  links.advance(100);
  CHECK(links.factor(1) == 1);
  CHECK(links.next_s() == MaxMin::kNever);
  links.restart();
  CHECK(links.next_s() == 1);
  CHECK(sim::SlowLinks::last_change_s({spell(7, 2, 3, 5), {.node = 1, .factor = 2, .from = Seconds(9)}}) == 9);
  CHECK(sim::SlowLinks::last_change_s({{.node = 1, .factor = 2, .from = Seconds(9)}, spell(7, 2, 3, 5)}) == 9);
  CHECK(sim::SlowLinks::last_change_s({always(1, 2)}) == 0);
}

TEST_CASE("a flow is slowed while its link is slow, whether the spell begins, ends or both under it") {
  for (const sim::Mode mode : {sim::Mode::flow, sim::Mode::message}) {
    CHECK(end_of_flow(0, {}, mode) == Approx(1).epsilon(kExact));
    CHECK(end_of_flow(0, {spell(0, 4, 0.5, 1.3)}, mode) == Approx(1.3 + 0.3).epsilon(kExact));  // 0.5 + 0.8 / 4 by then
    CHECK(end_of_flow(0, {spell(1, 4, 0, 1)}, mode) == Approx(1 + 0.75).epsilon(kExact));       // began in the spell
    CHECK(end_of_flow(0.5, {spell(0, 4, 0, 1)}, mode) == Approx(1 + 0.875).epsilon(kExact));    // began within it
    CHECK(end_of_flow(0, {spell(0, 4, 0.75, 9)}, mode) == Approx(0.75 + 4 * 0.25).epsilon(kExact));
    CHECK(end_of_flow(2, {spell(0, 4, 0, 1)}, mode) == Approx(3).epsilon(kExact));
    CHECK(end_of_flow(0, {always(0, 4)}, mode) == Approx(4).epsilon(kExact));
    CHECK(end_of_flow(0, {spell(0, 2, 0, 0.5), spell(0, 4, 0.5, 1.5), always(1, 2)}, mode) == Approx(1.5 + 2 * 0.5).epsilon(kExact));
  }
}

TEST_CASE("what a slow sender leaves of a shared link the other gets, until both are as fast again") {
  // 0 sends to 2 and 1 to 2: a quarter and three quarters for a second, a half each until 1 is through, then all.
  PlanBuilder plan(3);
  plan.classes({{"slow", 0, 1, 1}, {"quick", 1, 1, 1}, {"receiver", 2, 1, 1}});
  const int first = plan.lane(LaneKind::communication), second = plan.lane(LaneKind::communication);
  for (const int sender : {0, 1}) {
    Communicator two = pair(sender, 2 - sender, 0);
    two.classes = {sender, 2};
    plan.communicator(two);
    plan.transfer(0, {}, sender == 0 ? first : second, sender);
    std::get<Collective>(plan.edit().operations.back().work).operation = Collective::Operation::send;
    plan.costs().back() = flows(0, 1);
  }
  const sim::Played played = play(plan, 1, slow(nodes(3), {spell(0, 4, 0, 1)}));
  CHECK(finish(played, 1, 1) == Approx(1.5).epsilon(kExact));
  CHECK(finish(played, 0, 0) == Approx(2).epsilon(kExact));
}

TEST_CASE("rings that meet on links which slow and recover end when an independent max-min reference has them end") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto draw = [&](double least, double most) { return std::uniform_real_distribution(least, most)(random); };
    constexpr int kNodes = 5, kLanes = 4;
    std::vector<SlowLink> links;
    for (int node = 0; node < kNodes; ++node)
      for (double at_s = draw(0, 1); at_s < 6; at_s += 2) links.push_back(spell(node, draw(1, 9), at_s, at_s + draw(0.1, 1.9)));
    PlanBuilder plan(kNodes);
    plan.communicator(everyone(kNodes));
    MaxMin expected;
    std::vector<double> ends_s(kLanes);
    std::vector<int> transfers, left(kLanes, kNodes);
    for (int lane = 0; lane < kLanes; ++lane) {
      const double from_s = draw(0, 2), drain_s = draw(0.1, 1);
      const int own = plan.lane(LaneKind::communication);
      transfers.push_back(plan.transfer(0, {{plan.delay(from_s, {}, own), 0}}, own));
      plan.costs().back() = flows(0, drain_s);
      for (int node = 0; node < kNodes; ++node)
        expected.start({{{2 * node, kBandwidth}, {2 * ((node + 1) % kNodes) + 1, kBandwidth}}, drain_s * kBandwidth, from_s, lane});
    }
    sim::SlowLinks spells(links);
    for (int flows_left = kLanes * kNodes; flows_left > 0;) {
      for (const int lane : expected.advance(std::min(1e6, spells.next_s()))) {
        --flows_left;
        if (--left[lane] == 0) ends_s[lane] = expected.now_s();
      }
      for (const std::size_t place : spells.advance(expected.now_s()))
        for (const int direction : {0, 1}) expected.change(2 * spells.nodes()[place] + direction, kBandwidth / spells.factor(place));
    }
    const sim::Played played = play(plan, 1, slow(nodes(kNodes), links));
    for (int lane = 0; lane < kLanes; ++lane) CHECK(finish(played, 0, transfers[lane]) == Approx(ends_s[lane]).epsilon(1e-7));
  }
}

TEST_CASE("a spell that nobody meets keeps no clock running, and each run on a network begins before all spells") {
  const std::string answer = sim::ask_child([] {
    PlanBuilder plan(2);
    plan.communicator(everyone(2));
    plan.transfer(0, {}, plan.lane(LaneKind::communication));
    plan.costs().back() = flows(0, 1);
    const StepPlan step = plan.plan(1);
    const Platform platform = slow(nodes(2), {spell(0, 4, 0.5, 1.3), spell(0, 4, 1e6, 2e6)});
    sim::Network network(platform, 2);
    const sim::Program program = sim::compile(step);
    const sim::PlayOptions options;
    std::string text;
    for (int i = 0; i < 2; ++i) {
      const double took = sim::Player(step, program, plan.costs(), platform, options, network).play().makespan.value();
      text += std::abs(took - 1.6) < 1e-9 ? "exact " : std::to_string(took) + " ";
    }
    return text + (sim::Network::clock_s() < 4 ? "early" : std::to_string(sim::Network::clock_s()));
  });
  CHECK(answer == "exact exact early");
}

TEST_CASE("a run is played until its links no longer change, and goes on from there") {
  Scenario scenario = data_parallel(4);
  scenario.platform.inter_node.bandwidth *= 0.1;
  const double plain_s = sim::predict(scenario).step_time->value();
  scenario.platform.slow_links = {spell(1, 3, 4.5 * plain_s, 20.5 * plain_s)};
  const Prediction endless = sim::predict(scenario);
  CHECK(endless.step_time->value() == Approx(plain_s).epsilon(1e-6));
  CHECK(says(endless, "of a run without a length the step is the one after the last change of a link"));
  scenario.run.steps = 200;
  const auto plan = std::get<StepPlan>(lower(scenario));
  const sim::Played whole = sim::play(plan, price(plan, scenario), scenario.platform, {.steps = 200});
  const Prediction predicted = sim::predict(scenario);
  CHECK_FALSE(says(predicted, "of a run without a length"));
  CHECK(predicted.step_time->value() == Approx(whole.makespan.value() / 200).epsilon(1e-7));
  CHECK(predicted.step_time->value() > 1.01 * plain_s);
  CHECK(predicted.parts->total().value() == Approx(predicted.step_time->value()).epsilon(1e-9));
  scenario.platform.compute_jitter = 1e-9;
  CHECK(sim::predict(scenario).step_time->value() == Approx(whole.makespan.value() / 200).epsilon(1e-6));
}

TEST_CASE("links that change during a run whose epochs differ are refused before anything is played") {
  Scenario scenario = data_parallel(4);
  scenario.platform.slow_links = {spell(1, 3, 1, 2)};
  scenario.platform.memory_per_node = Bytes(1e12);
  scenario.platform.data = storage(Storage::Kind::local_disk, {BytesPerSecond(1e6), 0, {}, {}});
  scenario.workload.files = {Bytes(1e4), 1, {}};
  scenario.run.epochs = 2;
  CHECK_THROWS_AS(sim::predict(scenario), MissingCapability);
  scenario.run.epochs = 1;
  CHECK(sim::predict(scenario).status == Status::ok);
  scenario.run.epochs = 2;
  scenario.platform.slow_links = {always(1, 3)};
  CHECK(sim::predict(scenario).status == Status::ok);
}
