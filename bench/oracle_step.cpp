// Why: search prices the whole strategy space through lower() and the oracle, so one plan must cost microseconds.
// Prices VGG-11 on three nodes with PyTorch DDP (66 operations, 3 buckets) with the shipped calibration: lowering, the cost of
// every operation, the evaluation of the plan, and all three as predict() does them. Target: under 20 us together.

#include <benchmark/benchmark.h>

#include "costs/calibration_file.hpp"
#include "oracle/evaluate.hpp"
#include "oracle/predict.hpp"
#include "platforms/load.hpp"
#include "strategies/lower.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

namespace {

using namespace forerun;

Scenario vgg_on_three_nodes() {
  const auto text = [](const char* value, const char* key = "") { return Text{value, "bench", 0, 0, key}; };
  const Text batch = text("192", "batch"), nodes = text("3", "nodes");
  Scenario scenario;
  scenario.workload = load_workload(text("vgg11-cifar10"), std::span(&batch, 1));
  scenario.platform = load_platform(text("cpu-cluster"), std::span(&nodes, 1));
  scenario.strategy = parse_strategy(text("data=3,runtime=pytorch-ddp"));
  scenario.calibration = load_calibration(text("cpu-cluster"));
  return scenario;
}

void lowering(benchmark::State& state) {
  const Scenario scenario = vgg_on_three_nodes();
  for (auto _ : state) benchmark::DoNotOptimize(lower(scenario));
}

void pricing(benchmark::State& state) {
  const Scenario scenario = vgg_on_three_nodes();
  const auto plan = std::get<StepPlan>(lower(scenario));
  for (auto _ : state) benchmark::DoNotOptimize(price(plan, scenario));
  state.counters["operations"] = static_cast<double>(plan.operations.size());
}

void evaluation(benchmark::State& state) {
  const Scenario scenario = vgg_on_three_nodes();
  const auto plan = std::get<StepPlan>(lower(scenario));
  const auto costs = price(plan, scenario);
  for (auto _ : state) benchmark::DoNotOptimize(oracle::evaluate(plan, costs));
}

void whole_prediction(benchmark::State& state) {
  const Scenario scenario = vgg_on_three_nodes();
  for (auto _ : state) benchmark::DoNotOptimize(oracle::predict(scenario));
}

BENCHMARK(lowering)->Unit(benchmark::kMicrosecond);
BENCHMARK(pricing)->Unit(benchmark::kMicrosecond);
BENCHMARK(evaluation)->Unit(benchmark::kMicrosecond);
BENCHMARK(whole_prediction)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
