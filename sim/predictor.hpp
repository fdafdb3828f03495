#pragma once

#include <vector>

#include "core/prediction.hpp"
#include "core/scenario.hpp"
#include "costs/price.hpp"
#include "sim/network.hpp"

namespace forerun::sim {

/// The prediction of a lowered and priced scenario on a network of its platform, in the process that holds the network.
Prediction predict_on(Network& network, const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs);

}  // namespace forerun::sim
