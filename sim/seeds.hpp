#pragma once

#include <functional>
#include <vector>

#include "core/prediction.hpp"
#include "core/scenario.hpp"
#include "costs/price.hpp"
#include "sim/network.hpp"
#include "sim/play.hpp"

namespace forerun::sim {

/// How the runs of several seeds are played.
struct SeedOptions {
  Mode mode = Mode::flow;
  int workers = 1;                         ///< child processes at a time; the answer does not depend on it
  std::function<void(int played)> played;  ///< called after each run; may be empty
  ProgressCallback progress;               ///< of the first run, and where there is but one; may be empty
};

/// Whether anything differs from seed to seed.
bool left_to_chance(const Scenario& scenario);

/// The prediction of `run.seeds` runs, whose seeds follow one another from `run.seed` on: that of the run in the middle by the time of its
/// step (of an even number the quicker of the two), with P10 and P90 of the step's time and of the total time over all runs
/// (core/quantile). The assumptions say so. Where nothing is left to chance one run is played, and stands for all. Each run is played by a
/// process of its own: the same bytes, whatever the number of workers. Throws as predict() does.
Prediction predict_seeds(const Scenario& scenario, const SeedOptions& options);

/// The same on a network of the scenario's platform, one after another, in the process that holds it: alike but for rounding.
Prediction predict_seeds_on(Network& network, const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs);

}  // namespace forerun::sim
