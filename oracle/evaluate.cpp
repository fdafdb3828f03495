#include "oracle/evaluate.hpp"

#include "oracle/evaluator.hpp"

namespace forerun::oracle {

Evaluation evaluate(const StepPlan& plan, std::span<const OperationCost> costs) { return Evaluator(plan, costs).run(); }

}  // namespace forerun::oracle
