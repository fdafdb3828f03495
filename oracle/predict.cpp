#include "oracle/predict.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "costs/capability.hpp"
#include "costs/summary.hpp"
#include "io/format.hpp"
#include "oracle/evaluate.hpp"
#include "oracle/servers.hpp"
#include "strategies/lower.hpp"
#include "strategies/run_times.hpp"

namespace forerun::oracle {
namespace {

/// What is described and only a simulation plays: interactions of operations, and chance.
std::vector<std::string> not_evaluated(const Scenario& scenario) {
  const Platform& platform = scenario.platform;
  std::vector<std::string> list;
  const auto leave_out = [&](bool described, std::string_view instead, std::string_view what) {
    if (described) list.push_back(format("{}: {} the simulator's alone", instead, what));
  };
  leave_out(platform.compute_jitter > 0, "no rank is slower than another", "compute-jitter is");
  leave_out(platform.device_spread > 0, "all devices are as fast", "device-spread is");
  leave_out(!platform.slow_devices.empty(), "no device is slow", "slow-devices are");
  leave_out(!platform.slow_links.empty(), "no link is slow for a while", "slow-links are");
  leave_out(scenario.run.seeds > 1, "every run is like the others", "run.seeds is");
  leave_out(scenario.calibration->overlap.factor > 1, "transfers do not slow the compute beside them",
            "the calibration's overlap-slowdown is");
  return list;
}

}  // namespace

Prediction predict(const Scenario& scenario) {
  const auto lowered = lower(scenario);
  Prediction prediction;
  if (const auto* no = std::get_if<Infeasible>(&lowered)) {
    require_kernels(scenario);
    prediction = infeasible(no->reason);
  } else {
    const auto& plan = std::get<StepPlan>(lowered);
    const std::vector<OperationCost> costs = price(plan, scenario);
    std::vector<std::string> approximations;
    const StepTimer timer = [&](const StepPlan& timed, const std::vector<OperationCost>& its_costs) -> TimedStep {
      const Evaluation evaluation =
          scenario.strategy.servers > 0 ? evaluate_servers(scenario, timed, its_costs, approximations) : evaluate(timed, its_costs);
      return {evaluation.step, evaluation.parts};
    };
    prediction = summarize(scenario, plan, costs, time_run(scenario, plan, costs, timer));
    std::ranges::move(approximations, std::back_inserter(prediction.assumptions));
    std::ranges::move(not_evaluated(scenario), std::back_inserter(prediction.assumptions));
  }
  prediction.engine = "oracle";
  return prediction;
}

}  // namespace forerun::oracle
