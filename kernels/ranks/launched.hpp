#pragma once

#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "kernels/ranks/job.hpp"

namespace forerun {

/// What ranks that are launched for a job train, as each of them and whoever launched them has it: on a platform of their own, whatever
/// the run is recorded under. BadInput for a workload or strategy that cannot be read.
Scenario launched_scenario(const TrainJob& job, int ranks);

/// Its plan. BadInput: it needs another number of ranks, or does not fit.
StepPlan launched_plan(const Scenario& scenario, int ranks);

}  // namespace forerun
