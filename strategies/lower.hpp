#pragma once

#include <variant>

#include "core/infeasible.hpp"
#include "core/plan.hpp"
#include "core/scenario.hpp"

namespace forerun {

/// The plan of one training step. The only place that knows what a strategy means.
/// Infeasible: more ranks than devices, a batch that does not divide by the data degree, more memory than a device has.
std::variant<StepPlan, Infeasible> lower(const Scenario& scenario);

}  // namespace forerun
