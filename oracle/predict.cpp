#include "oracle/predict.hpp"

#include "costs/capability.hpp"
#include "costs/summary.hpp"
#include "oracle/evaluate.hpp"
#include "strategies/lower.hpp"

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
    const Evaluation evaluation = evaluate(plan, costs);
    prediction = summarize(scenario, plan, costs, evaluation.step, evaluation.parts);
    if (scenario.platform.compute_jitter > 0)
      prediction.assumptions.emplace_back("no rank is slower than another: compute-jitter is the simulator's alone");
  }
  prediction.engine = "oracle";
  return prediction;
}

}  // namespace forerun::oracle
