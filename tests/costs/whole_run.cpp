#include "costs/whole_run.hpp"

#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "costs/statistical_efficiency.hpp"

using namespace forerun;

namespace {

Kernel kernel(Pass pass) {
  Kernel made;
  made.shape.kind = LayerKind::dense;
  made.pass = pass;
  return made;
}

/// Two micro-batches of forward, its transfer and backward on two ranks, then an update.
struct Small {
  Scenario scenario;
  StepPlan plan;
  std::vector<OperationCost> costs;

  Small() {
    scenario.workload.batch = 8;
    scenario.workload.samples = 80;
    scenario.workload.layers.resize(1);
    scenario.workload.layers[0].block = 0;
    scenario.strategy.data = 2;
    scenario.platform.name = "lab";
    scenario.platform.nodes = 3;
    Calibration calibration;
    calibration.gpu = GpuModel{};
    calibration.gpu->idle_watts = 50;
    calibration.gpu->peak_watts = 250;
    scenario.calibration = std::make_shared<const Calibration>(calibration);
    plan.ranks = 2;
    plan.classes = {{"rank", 0, 2, 1}};
    plan.lanes = {{"compute", LaneKind::compute}, {"tensor", LaneKind::communication}};
    add(kernel(Pass::forward), 3);
    add(Collective{}, 1);
    plan.dependencies = {{0, 0}};
    plan.operations.back().dependency_count = 1;
    add(kernel(Pass::backward_weights), 6);
    add(kernel(Pass::update), 2);
    plan.step.body = {Repeat{2, {0, 1, 2}, {}}, 3};
  }
  template <class Work>
  void add(const Work& work, double seconds) {
    Operation operation;
    operation.layer = 0;
    operation.work = work;
    plan.operations.push_back(operation);
    costs.push_back({.latency = Seconds(seconds)});
  }
  [[nodiscard]] Prediction operator()() const {
    Prediction prediction;
    prediction.step_time = Seconds(22);
    add_whole_run(scenario, plan, costs, {}, prediction);
    return prediction;
  }
};

bool assumes(const Prediction& prediction, const std::string& text) {
  for (const std::string& assumption : prediction.assumptions)
    if (assumption.find(text) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("a run is its start, its steps and its evaluation") {
  Small small;
  small.scenario.run.steps = 100;
  small.scenario.platform.startup = Seconds(90);
  small.scenario.run.evaluation = {16, 20};
  const Prediction run = small();
  CHECK(run.steps == 100);
  CHECK(run.startup == Seconds(90));
  CHECK(*run.evaluation == Seconds(5 * 2 * 8));  // five times two batches, of two micro-batches of 3 + 1 seconds each
  CHECK(*run.total_time == Seconds(90 + 2200 + 80));
  small.scenario.run.startup = Seconds(10);
  CHECK(*small().total_time == Seconds(10 + 2200 + 80));
}

TEST_CASE("a start that nobody knows is nothing, and said") {
  Small small;
  small.scenario.run.steps = 10;
  CHECK_FALSE(small().startup);
  CHECK_FALSE(small().evaluation);
  CHECK(*small().total_time == Seconds(220));
  CHECK(assumes(small(), "run.startup counts their start"));
}

TEST_CASE("a prediction without steps has no run") {
  const Prediction none = Small()();
  CHECK_FALSE(none.steps);
  CHECK_FALSE(none.total_time);
  CHECK_FALSE(none.energy);
  CHECK_FALSE(none.cost);
}

TEST_CASE("evaluation runs once an epoch, or once at the end where no data set says when that is") {
  Small small;
  const EvaluationRuns all{80, {}};
  CHECK(evaluation_time(all, 25, small.scenario.workload, Seconds(1)) == Seconds(2 * 10));
  CHECK(evaluation_time(all, 9, small.scenario.workload, Seconds(1)) == Seconds(10));
  small.scenario.workload.samples = 0;
  CHECK(evaluation_time(all, 25, small.scenario.workload, Seconds(1)) == Seconds(10));
}

TEST_CASE("what is calculated again for the backward pass is no part of evaluation") {
  Small small;
  CHECK(forward_time(small.scenario, small.plan, small.costs) == Seconds(8));
  small.scenario.strategy.recompute = Recompute::full;
  CHECK(forward_time(small.scenario, small.plan, small.costs) == Seconds(4));
  small.scenario.strategy.recompute = Recompute::selective;
  CHECK(forward_time(small.scenario, small.plan, small.costs) == Seconds(8));
}

TEST_CASE("devices take idle power all the time, the rest of their peak while they compute, and nodes theirs") {
  Small small;
  small.scenario.run.steps = 10;
  // Three devices over 220 s, of which two compute 20 s a step.
  CHECK(small().energy->value() == Approx(50 * 3 * 220 + 200 * 2 * 200));
  CHECK(assumes(small(), "is not known and not in it"));
  small.scenario.platform.node_power = Watts(7);
  CHECK(small().energy->value() == Approx(50 * 3 * 220 + 200 * 2 * 200 + 7 * 3 * 220));
  Calibration cpu;
  small.scenario.calibration = std::make_shared<const Calibration>(cpu);
  CHECK_FALSE(small().energy);
}

TEST_CASE("a run costs its nodes' hours on its market, and nothing is made up where no price is known") {
  Small small;
  small.scenario.run.steps = 180;
  CHECK_FALSE(small().cost);
  small.scenario.platform.price = Price{Dollars(2), {}, "here", "2026", "me"};
  CHECK(small().cost->value() == Approx(180 * 22 / 3600.0 * 3 * 2));
  CHECK(small().price_date == "2026");
  small.scenario.run.market = Market::spot;
  CHECK_FALSE(small().cost);
  CHECK(small().price_date.empty());
  CHECK(assumes(small(), "no spot price of lab is known"));
  small.scenario.platform.price->spot = Dollars(0.5);
  CHECK(small().cost->value() == Approx(180 * 22 / 3600.0 * 3 * 0.5));
  CHECK(assumes(small(), "never taken away"));
}

TEST_CASE("a target chooses the steps by the batch") {
  Small small;
  small.scenario.run.to_target = StatisticalEfficiency{100, 24, {}};
  CHECK(run_steps(small.scenario) == 400);
  CHECK(small().steps == 400);
  CHECK(*small().epochs_to_target == Approx(40));
  CHECK(*small().total_time == Seconds(400 * 22));
  small.scenario.workload.batch = 7;
  CHECK(run_steps(small.scenario) == 443);  // 442.86 rounded up
  small.scenario.workload.samples = 0;
  CHECK_FALSE(small().epochs_to_target);
  small.scenario.run.to_target = StatisticalEfficiency{1e15, 1e15, {}};
  CHECK_THROWS_AS(run_steps(small.scenario), BadInput);
}

TEST_CASE("a run to a target whose critical batch nothing bounds says so in words") {
  Small small;
  const std::vector<BatchSteps> far_below{{8, 12600}, {16, 6250}, {32, 3170}, {64, 1580}};
  small.scenario.run.to_target = std::get<StatisticalEfficiency>(fit_statistical_efficiency(far_below));
  CHECK(assumes(small(), ", unbounded above, worst error "));
}

TEST_CASE("the time of a run is what its prediction adds up", "[unit]") {
  Small small;
  small.scenario.run.steps = 50;
  small.scenario.run.startup = Seconds(30);
  CHECK(*run_time(small.scenario, Seconds(22), Seconds(7)) == Seconds(30 + 50 * 22 + 7));
  small.scenario.run.evaluation = {16, 20};
  const Prediction run = small();
  CHECK(*run_time(small.scenario, *run.step_time, *run.evaluation) == *run.total_time);
  small.scenario.run.steps.reset();
  CHECK_FALSE(run_time(small.scenario, Seconds(22), Seconds(0)));
}
