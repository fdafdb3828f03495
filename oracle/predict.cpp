#include "oracle/predict.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "costs/capability.hpp"
#include "costs/summary.hpp"
#include "oracle/evaluate.hpp"
#include "oracle/servers.hpp"
#include "strategies/lower.hpp"
#include "strategies/run_times.hpp"

namespace forerun::oracle {

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
    if (scenario.platform.compute_jitter > 0)
      prediction.assumptions.emplace_back("no rank is slower than another: compute-jitter is the simulator's alone");
  }
  prediction.engine = "oracle";
  return prediction;
}

}  // namespace forerun::oracle
