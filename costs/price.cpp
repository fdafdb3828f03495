#include "costs/price.hpp"

#include <algorithm>

#include "costs/kernel_time.hpp"
#include "costs/transfer_time.hpp"

namespace forerun {

std::vector<OperationCost> price(const StepPlan& plan, const Scenario& scenario) {
  const Calibration& calibration = *scenario.calibration;
  const int busy = std::min(plan.ranks, scenario.platform.devices_per_node);
  const double spells = is_calibrated_machine(scenario.platform, calibration) ? spell_factor(calibration.spells, plan.ranks) : 1.0;
  const double scale = calibration.compute_scale * spells;
  std::vector<OperationCost> costs;
  costs.reserve(plan.operations.size());
  for (const Operation& operation : plan.operations) {
    OperationCost cost;
    if (const auto* kernel = std::get_if<Kernel>(&operation.work)) {
      const double factor = scale * busy_factor(calibration, *kernel, busy);
      cost.latency = factor * kernel_time(find_model(calibration, *kernel), *kernel);
    } else if (const auto* transfer = std::get_if<Collective>(&operation.work)) {
      cost = transfer_cost(*transfer, plan.communicators[transfer->communicator], scenario.platform, calibration);
    } else {
      cost.latency = std::get<Delay>(operation.work).duration;
    }
    costs.push_back(cost);
  }
  return costs;
}

}  // namespace forerun
