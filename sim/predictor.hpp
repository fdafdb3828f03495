#pragma once

#include <vector>

#include "core/prediction.hpp"
#include "core/scenario.hpp"
#include "costs/price.hpp"
#include "sim/network.hpp"
#include "sim/play.hpp"

namespace forerun::sim {

/// Whether workers meet at servers alone, or come late by chance: that stands in no plan.
bool goes_apart(const Scenario& scenario);

/// Throws MissingCapability where links change under workers that meet at servers by chance, or during a run whose later epochs find their
/// samples in memory.
void require_playable(const Scenario& scenario, const StepPlan& plan);

/// The prediction of a lowered and priced scenario on a network of its platform, in the process that holds the network. Throws
/// SimulationFailed where the platform's slow links change beyond the steps that are played.
Prediction predict_on(Network& network, const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs,
                      Mode mode = Mode::flow, const ProgressCallback& progress = {});

}  // namespace forerun::sim
