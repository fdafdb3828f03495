#include <algorithm>
#include <catch2/catch.hpp>

#include "oracle/predict.hpp"
#include "sim/jobs.hpp"
#include "tests/sim/random_plan.hpp"
#include "tests/sim/scenarios.hpp"
#include "tests/sim/support.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

sim::Played slowed(PlanBuilder& plan, double factor, const Platform& platform, int steps = 1) {
  sim::PlayOptions options;
  options.steps = steps;
  options.logging = sim::Logging::every_rank;
  options.overlap_slowdown = factor;
  return sim::play(plan.plan(steps), plan.costs(), platform, options);
}

// Two ranks; computations of the lengths given follow one another, and a transfer follows the first.
struct Beside {
  explicit Beside(std::vector<double> lengths, OperationCost cost) : plan(2) {
    const int data = plan.lane(LaneKind::communication);
    plan.communicator(everyone(2));
    for (const double length : lengths) {
      computes.push_back(plan.compute(length));
      if (computes.size() == 1) plan.costs()[transfer = plan.transfer(0, {{computes[0], 0}}, data)] = cost;
    }
  }
  PlanBuilder plan;
  std::vector<int> computes;
  int transfer = 0;
};

constexpr double kExact = 1e-12;

/// Seconds within [from, to] in which a transfer of the rank runs.
double beside_transfers(const std::vector<sim::PlayedInstance>& transfers, double from, double to) {
  double covered = 0, reached = from;
  for (const sim::PlayedInstance& each : transfers) {
    const double first = std::max(reached, each.start.value()), last = std::min(to, each.finish.value());
    if (last > first) covered += last - first;
    reached = std::max(reached, last);
  }
  return covered;
}

}  // namespace

TEST_CASE("compute of 1 s beside a transfer of 0.5 s at 1.2 ends 1/12 s later") {
  Beside step({1, 1}, flows(0.1, 0.4));
  const sim::Played played = slowed(step.plan, 1.2, nodes(2));
  for (const int rank : {0, 1}) {
    CHECK(finish(played, rank, step.computes[0]) == Approx(1).epsilon(kExact));
    CHECK(finish(played, rank, step.transfer) == Approx(1.5).epsilon(kExact));
    // 0.5 s bring it 0.5 / 1.2 further, the rest goes on as alone.
    CHECK(finish(played, rank, step.computes[1]) == Approx(1.5 + (1 - 0.5 / 1.2)).epsilon(kExact));
  }
}

TEST_CASE("a transfer longer than a computation slows the next ones, too, until it ends") {
  Beside step({1, 1, 0.5, 2}, flows(0, 3));
  const sim::Played played = slowed(step.plan, 1.2, nodes(2));
  CHECK(finish(played, 0, step.computes[1]) == Approx(2.2).epsilon(kExact));
  CHECK(finish(played, 0, step.computes[2]) == Approx(2.8).epsilon(kExact));
  CHECK(finish(played, 0, step.transfer) == Approx(4).epsilon(kExact));
  CHECK(finish(played, 0, step.computes[3]) == Approx(4 + (2 - 1.2 / 1.2)).epsilon(kExact));
}

TEST_CASE("a transfer without links slows the same as one that is played") {
  Beside step({1, 1}, {Seconds(0.5), Seconds(0), Bytes(0)});
  Platform linkless = nodes(1, 2);
  CHECK(finish(slowed(step.plan, 1.2, linkless), 1, step.computes[1]) == Approx(2.5 - 0.5 / 1.2).epsilon(kExact));
}

TEST_CASE("two transfers at once slow compute as one does, for as long as either runs") {
  PlanBuilder plan(2);
  plan.communicator(everyone(2));
  const int first_lane = plan.lane(LaneKind::communication), second_lane = plan.lane(LaneKind::communication);
  const int first = plan.transfer(0, {}, first_lane), second = plan.transfer(0, {}, second_lane);
  plan.costs()[first] = plan.costs()[second] = flows(0, 0.5);
  plan.costs()[second].edge_bytes = Bytes(0.75 * kBandwidth), plan.costs()[second].drain = Seconds(0.75);
  const int compute = plan.compute(2);
  const sim::Played played = slowed(plan, 2, nodes(2));
  // They share the links: 0.5 s of each take until 1, the rest of the second until 1.25.
  REQUIRE(finish(played, 0, first) == Approx(1).epsilon(1e-9));
  REQUIRE(finish(played, 0, second) == Approx(1.25).epsilon(1e-9));
  REQUIRE(finish(played, 0, compute) == Approx(1.25 + (2 - 1.25 / 2)).epsilon(1e-9));
}

TEST_CASE("transfers of other ranks, and delays, are left alone") {
  PlanBuilder plan(4);
  const int data = plan.lane(LaneKind::communication), host = plan.lane(LaneKind::host);
  plan.classes({{"talking", 0, 2, 1}, {"silent", 2, 2, 1}});
  plan.communicator(pair(0, 1, 0));
  plan.costs()[plan.transfer(0, {}, data)] = flows(0, 1);
  const int talking = plan.compute(1), silent = plan.compute(1, {}, 0, 1), waiting = plan.delay(1, {}, host);
  const sim::Played played = slowed(plan, 1.5, nodes(4));
  CHECK(finish(played, 0, talking) == Approx(1 + 1 - 1 / 1.5).epsilon(kExact));
  CHECK(finish(played, 2, silent) == Approx(1).epsilon(kExact));
  CHECK(finish(played, 0, waiting) == Approx(1).epsilon(kExact));
}

TEST_CASE("at a factor of one nothing changes, to the last bit") {
  Beside step({1, 1, 0.5, 2}, flows(0.3, 0.7));
  const sim::Played plain = play(step.plan, 3, nodes(2)), at_one = slowed(step.plan, 1, nodes(2), 3);
  CHECK(plain.makespan == at_one.makespan);
  CHECK(plain.log == at_one.log);
}

TEST_CASE("every computation of a random plan does its work: what transfers leave of its rank's speed adds up to it") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    RandomPlan random(seed);
    for (std::size_t i = 0; i < random.plan.operations.size(); ++i)
      if (random.plan.operations[i].kind() == OperationKind::transfer)
        random.costs[i].edge_bytes = Bytes(random.costs[i].drain.value() * kBandwidth);
    sim::PlayOptions options;
    options.steps = 4;
    options.logging = sim::Logging::every_rank;
    options.overlap_slowdown = 1.1 + 0.1 * (seed % 7);
    const sim::Played played = sim::play(random.plan, random.costs, nodes(random.plan.ranks), options);
    int wrong = 0, beside = 0;
    for (int rank = 0; rank < random.plan.ranks; ++rank) {
      std::vector<sim::PlayedInstance> transfers, computes;
      for (const sim::PlayedInstance& each : played.log) {
        const OperationKind kind = random.plan.operations[each.operation].kind();
        if (each.rank == rank && kind == OperationKind::transfer) transfers.push_back(each);
        if (each.rank == rank && kind == OperationKind::compute) computes.push_back(each);
      }
      std::ranges::sort(transfers, {}, [](const sim::PlayedInstance& each) { return each.start.value(); });
      for (const sim::PlayedInstance& each : computes) {
        const double slow_s = beside_transfers(transfers, each.start.value(), each.finish.value());
        const double work_s = (each.finish - each.start).value() - slow_s + slow_s / options.overlap_slowdown;
        beside += slow_s > 1e-6 ? 1 : 0;
        if (std::abs(work_s - random.costs[each.operation].duration().value()) > 1e-9) ++wrong;
      }
    }
    CHECK(wrong == 0);
    if (seed == 1) CHECK(beside > 0);
    CHECK(played.parts().total().value() == Approx(played.makespan.value()).epsilon(1e-9));
  }
}

TEST_CASE("transfers slow the compute of jobs side by side as they do alone") {
  std::vector<Scenario> jobs(2, data_parallel(4));
  REQUIRE(sim::place_jobs(jobs, sim::JobPlacement::packed).empty());
  const auto plain = sim::predict_together(jobs);
  auto calibration = std::make_shared<Calibration>(*jobs[0].calibration);
  calibration->overlap = {.factor = 1.5, .origin = Origin::published, .source = "a paper"};
  jobs[1].calibration = calibration;
  const auto slowed = sim::predict_together(jobs);
  CHECK(slowed[0].together.step_time->value() == Approx(plain[0].together.step_time->value()).epsilon(1e-6));
  CHECK(slowed[1].together.step_time->value() == Approx(slowed[1].alone.step_time->value()).epsilon(1e-6));
  CHECK(*slowed[1].together.step_time > *plain[1].together.step_time);
  CHECK(slowed[1].together.origin == Origin::published);
}

TEST_CASE("a step that overlaps is slowed by at most the factor, in the simulator alone, and both engines say so") {
  const Scenario plain = data_parallel(4);
  Scenario scenario = plain;
  auto calibration = std::make_shared<Calibration>(*plain.calibration);
  calibration->overlap = {.factor = 1.3, .origin = Origin::published, .source = "a paper"};
  scenario.calibration = calibration;
  const Prediction alone = sim::predict(plain), beside = sim::predict(scenario);
  CHECK(*beside.step_time > *alone.step_time);
  CHECK(*beside.step_time < 1.3 * *alone.step_time);
  CHECK(beside.parts->compute > alone.parts->compute);
  CHECK(beside.origin == Origin::published);
  CHECK(std::ranges::find(beside.assumptions, "compute goes on 1.3 times slower while a transfer of its rank runs (a paper)") !=
        beside.assumptions.end());
  CHECK_FALSE(says(alone, "times slower while a transfer"));
  const Prediction evaluated = oracle::predict(scenario);
  CHECK(*evaluated.step_time == *oracle::predict(plain).step_time);
  CHECK(std::ranges::find(evaluated.assumptions,
                          "transfers do not slow the compute beside them: the calibration's overlap-slowdown is the simulator's alone") !=
        evaluated.assumptions.end());
}
