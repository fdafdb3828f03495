#include <catch2/catch.hpp>

#include "core/unroll.hpp"
#include "oracle/predict.hpp"
#include "sim/simulate.hpp"
#include "strategies/lower.hpp"
#include "tests/sim/scenarios.hpp"
#include "tests/support/folder.hpp"
#include "workloads/chakra/read.hpp"
#include "workloads/chakra/write.hpp"
#include "workloads/load.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

/// The step time of a scenario, once both engines agree on it.
double agreed(const Scenario& scenario) {
  const Prediction theirs = oracle::predict(scenario);
  const Prediction ours = sim::predict(scenario);
  REQUIRE(ours.status == Status::ok);
  REQUIRE(ours.step_time->value() == Approx(theirs.step_time->value()).epsilon(1e-5));
  REQUIRE(ours.parts->compute.value() == Approx(theirs.parts->compute.value()).epsilon(1e-5));
  REQUIRE(theirs.parts->total().value() == Approx(theirs.step_time->value()).epsilon(1e-9));
  return theirs.step_time->value();
}

/// A trace of tests/workloads on nodes of one device, 1 GB/s and 5 us apart, with a roofline of 10 Tflop/s and 100 GB/s.
Scenario traced(const std::string& name) {
  Scenario scenario;
  scenario.workload.name = name;
  scenario.platform.nodes = 4;
  scenario.platform.inter_node = {BytesPerSecond(1e9), Seconds(5e-6)};
  scenario.platform.device_rate = FlopsPerSecond(1e13);
  scenario.platform.device_bandwidth = BytesPerSecond(1e11);
  scenario.calibration = std::make_shared<Calibration>();
  const std::string file = FORERUN_TEST_DATA "/../workloads/expected/chakra/" + name + ".0.et";
  scenario.plan = std::make_shared<StepPlan>(chakra::read_trace({.value = file}, {}));
  return scenario;
}

StepPlan out_and_back(const StepPlan& plan, std::span<const Seconds> times = {}) {
  const Folder folder;
  chakra::write_traces(plan, times, folder / "t");
  return chakra::read_trace({.value = (folder / "t.0.et").string()}, {});
}

/// A plan as a trace has it: without repeats within the step, and without memory, of which it says nothing.
StepPlan as_traced(const Scenario& scenario) {
  StepPlan plan = unrolled(std::get<StepPlan>(lower(scenario))).plan;
  plan.memory = {};
  return plan;
}

void require_same(const Scenario& scenario) {
  const StepPlan plan = as_traced(scenario);
  std::vector<Seconds> times;
  for (const OperationCost& cost : price(plan, scenario)) times.push_back(cost.duration());
  const StepPlan back = out_and_back(plan, times);
  REQUIRE(back == plan);
  REQUIRE(out_and_back(plan) == plan);
  Scenario again = scenario;
  again.plan = std::make_shared<StepPlan>(back);
  const bool flat = std::get<StepPlan>(lower(scenario)).step.body.size() == plan.step.body.size();
  const auto same = [&](const Prediction& ours, const Prediction& theirs) {
    if (flat) return *ours.step_time == *theirs.step_time;
    // Sums in another order where the plan had repeats or pipelines.
    return ours.step_time->value() == Approx(theirs.step_time->value()).epsilon(1e-12);
  };
  REQUIRE(same(oracle::predict(again), oracle::predict(scenario)));
  REQUIRE(same(sim::predict(again), sim::predict(scenario)));
}

}  // namespace

TEST_CASE("a traced all-reduce takes a ring's time") { CHECK(agreed(traced("all_reduce")) == Approx(6 * 5e-6 + 1.5 * 1048576 / 1e9)); }

TEST_CASE("a traced model takes its durations, its roofline and its collectives, those beside compute only where they are longer") {
  const double gather = 15e-6 + 0.75e-3, exchange = 15e-6 + 0.3e-3, scatter = 15e-6 + 0.75e-3, reduce = 30e-6 + 3e-3;
  CHECK(agreed(traced("model_parallel")) == Approx(300e-6 + gather + 200e-6 + exchange + 400e-6 + scatter + reduce + 80e-6));
}

TEST_CASE("an all-reduce traced message by message takes the time of the collective, and its computations") {
  CHECK(agreed(traced("ring")) == Approx(6 * (5e-6 + 262144 / 1e9) + 3 * 7e-6));
  CHECK(oracle::predict(traced("ring")).comm_bytes_per_rank == Bytes(1.5 * 1048576));
}

TEST_CASE("traced process groups take the time of their own collectives") {
  CHECK(agreed(traced("groups")) == Approx(300e-6 + (5e-6 + 0.5e-3) + (10e-6 + 1e-3)));
}

TEST_CASE("a trace runs for as many steps as the run has") {
  Scenario scenario = traced("all_reduce");
  const double once = agreed(scenario);
  scenario.run.steps = 7;
  CHECK(agreed(scenario) == Approx(once));
  CHECK(oracle::predict(scenario).total_time->value() == Approx(7 * once));
  CHECK_FALSE(oracle::predict(scenario).memory_per_device.has_value());
}

TEST_CASE("a trace of more ranks than the platform has is infeasible") {
  Scenario scenario = traced("groups");
  scenario.platform.nodes = 3;
  CHECK(oracle::predict(scenario).status == Status::infeasible);
  CHECK(oracle::predict(scenario).reason.starts_with("the plan needs 4 devices"));
}

TEST_CASE("a plan goes out as a trace and comes back with its operations, its dependencies and its price") {
  for (const int ranks : {1, 2, 3, 8})
    for (const Overlap overlap : {Overlap::none, Overlap::data}) {
      INFO(ranks << " ranks, " << to_string(overlap));
      Scenario scenario = data_parallel(ranks);
      scenario.strategy.overlap = overlap;
      scenario.run.steps = 5;
      require_same(scenario);
    }
}

TEST_CASE("plans of the zoo go out and come back") {
  for (const char* name : {"mlp", "mnist-cnn", "vgg11-cifar10", "gpt2", "resnet50", "alexnet"}) {
    INFO(name);
    Scenario scenario = data_parallel(4);
    scenario.workload = load_workload({.value = name}, {});
    scenario.workload.batch = 8;
    CHECK(out_and_back(std::get<StepPlan>(lower(scenario))) == as_traced(scenario));
  }
}

TEST_CASE("a plan with micro-batches takes the same time with its repeats written out") {
  Scenario scenario = data_parallel(4);
  scenario.workload = load_workload({.value = "mlp"}, {});
  scenario.workload.batch = 64;
  scenario.strategy.micro_batches = 4;
  const StepPlan folded = std::get<StepPlan>(lower(scenario));
  REQUIRE(unrolled(folded).plan.operations.size() > folded.operations.size());
  require_same(scenario);
}

TEST_CASE("a plan of stages goes out and comes back with its price") {
  for (const Schedule schedule : {Schedule::gpipe, Schedule::one_f_one_b}) {
    INFO(to_string(schedule));
    Scenario scenario = data_parallel(4);
    scenario.workload = load_workload({.value = "mlp-wide"}, {});
    scenario.workload.batch = 60;
    scenario.strategy.data = 2;
    scenario.strategy.pipeline = 2;
    scenario.strategy.micro_batches = 5;
    scenario.strategy.schedule = schedule;
    REQUIRE(oracle::predict(scenario).status == Status::ok);
    Scenario again = scenario;
    again.plan = std::make_shared<StepPlan>(as_traced(scenario));
    REQUIRE(find_defect(*again.plan).empty());
    CHECK(oracle::predict(again).step_time->value() == Approx(oracle::predict(scenario).step_time->value()).epsilon(1e-12));
    require_same(scenario);
  }
}

TEST_CASE("an imported plan goes out and comes back, with its classes, groups and messages") {
  for (const char* name : {"all_reduce", "model_parallel", "ring", "groups"}) {
    INFO(name);
    const StepPlan plan = *traced(name).plan;
    CHECK(out_and_back(plan) == plan);
  }
}
