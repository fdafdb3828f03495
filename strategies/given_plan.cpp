#include "strategies/given_plan.hpp"

#include "costs/summary.hpp"
#include "io/format.hpp"

namespace forerun {

std::variant<StepPlan, Infeasible> given_plan(const Scenario& scenario) {
  const Platform& platform = scenario.platform;
  if (scenario.ranks() > platform.devices())
    return Infeasible{forerun::format("the plan needs {} devices, {} has {} (nodes={}, devices-per-node={})", scenario.ranks(),
                                      platform.name, platform.devices(), platform.nodes, platform.devices_per_node)};
  StepPlan plan = *scenario.plan;
  plan.step.count = run_steps(scenario).value_or(0);
  return plan;
}

}  // namespace forerun
