// Why: shows what oneDNN gains. Times whole training steps of each model of the zoo on one core, once with the faster library of each
// kernel and once with Eigen alone: the same plan, network, batch and compiler flags. Steps of both alternate, so that what else the
// machine does slows both; medians, and the median of the ratios of neighbours.
//   usage: bench_step [model ...]      Results of one run stand in bench/results/step.md.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "kernels/trainer/clock.hpp"
#include "kernels/trainer/core_pin.hpp"
#include "kernels/trainer/data.hpp"
#include "kernels/trainer/network.hpp"
#include "kernels/trainer/quantiles.hpp"
#include "strategies/lower.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/formulas.hpp"
#include "workloads/load.hpp"

namespace {

using namespace forerun;

constexpr double kSeconds = 4;  // a model, both networks together
constexpr std::size_t kFewestSteps = 9;

StepPlan plan_of(const Workload& workload) {
  Scenario scenario;
  scenario.workload = workload;
  scenario.platform.memory_per_node = Bytes(64 * kGiB);
  scenario.strategy = parse_strategy({"serial"});
  return std::get<StepPlan>(lower(scenario));
}

Flops compute_of(const StepPlan& plan) {
  Flops sum;
  for (const Operation& operation : plan.operations)
    if (const auto* kernel = std::get_if<Kernel>(&operation.work)) sum += flops(*kernel);
  return sum;
}

class Steps {
 public:
  Steps(const Workload& workload, const StepPlan& plan, Kernels kernels) : plan_(plan), network_(workload, plan, {kernels, 1, {}}) {}

  Seconds time(const Batch& batch) {
    const Seconds start = steady_now();
    network_.begin_step(batch);
    for (std::size_t i = 0; i < plan_.operations.size(); ++i)
      if (plan_.operations[i].kind() == OperationKind::compute) network_.run({static_cast<int>(i), plan_.operations[i].layer});
    return steady_now() - start;
  }

 private:
  const StepPlan& plan_;
  Network network_;
};

void compare(const std::string& name, std::int64_t batch_size) {
  Workload workload = load_workload({name}, {});
  workload.batch = batch_size;
  const StepPlan plan = plan_of(workload);
  Steps fastest(workload, plan, Kernels::fastest), eigen(workload, plan, Kernels::eigen_only);
  const Batch batch = make_batch(workload.input, workload.layers.back().shape.input.elements(), 1, 0, batch_size);
  fastest.time(batch), eigen.time(batch);
  std::vector<Seconds> fastest_times, eigen_times, ratios;
  const Seconds start = steady_now();
  while (ratios.size() < kFewestSteps || steady_now() - start < Seconds(kSeconds)) {
    fastest_times.push_back(fastest.time(batch));
    eigen_times.push_back(eigen.time(batch));
    ratios.emplace_back(eigen_times.back() / fastest_times.back());
  }
  const double gflop = 1e-9 * compute_of(plan).value();
  const double median_s = quantiles(fastest_times).median.value(), eigen_s = quantiles(eigen_times).median.value();
  const Quantiles gain = quantiles(ratios);
  std::printf("%-20s %5ld %10.3f %8.1f %10.3f %8.1f %6.2f (%.2f to %.2f)\n", name.c_str(), static_cast<long>(batch_size), 1e3 * median_s,
              gflop / median_s, 1e3 * eigen_s, gflop / eigen_s, gain.median.value(), gain.p10.value(), gain.p90.value());
}

struct Case {
  const char* model;
  std::int64_t batch;
};
constexpr Case kCases[] = {{"logistic-regression", 64}, {"mlp", 64},           {"mlp-wide", 64},
                           {"mnist-cnn", 64},           {"vgg11-cifar10", 32}, {"alexnet", 8}};

}  // namespace

int main(int argc, char** argv) {
  try {
    const CorePin pin(usable_cores().front());
    std::printf("%-20s %5s %10s %8s %10s %8s %6s\n", "", "", "fastest", "", "Eigen", "", "");
    std::printf("%-20s %5s %10s %8s %10s %8s %6s\n", "model", "batch", "ms a step", "GFLOP/s", "ms a step", "GFLOP/s", "gain (P10 to P90)");
    for (const Case& each : kCases) {
      bool wanted = argc == 1;
      for (int i = 1; i < argc; ++i) wanted = wanted || each.model == std::string_view(argv[i]);
      if (wanted) compare(each.model, each.batch);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_step: %s\n", error.what());
    return 2;
  }
}
