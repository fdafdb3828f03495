#pragma once

#include <variant>

#include "strategies/lower.hpp"

namespace forerun {

/// The plan that a scenario brings along, for the steps of its run. Infeasible: more ranks than devices.
std::variant<StepPlan, Infeasible> given_plan(const Scenario& scenario);

}  // namespace forerun
