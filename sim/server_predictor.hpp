#pragma once

#include <vector>

#include "core/prediction.hpp"
#include "core/scenario.hpp"
#include "costs/price.hpp"
#include "sim/network.hpp"

namespace forerun::sim {

/// The prediction of workers with parameter servers, each followed apart: asynchronous, or synchronous with compute times that differ.
/// 16 steps after the first two are the mean that goes on; asynchronous as many rounds of updates. The assumptions say so, and how stale
/// gradients were or how many came too late.
Prediction predict_servers(Network& network, const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs);

}  // namespace forerun::sim
