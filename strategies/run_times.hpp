#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "costs/price.hpp"
#include "costs/run_times.hpp"

namespace forerun {

/// Time and parts of a step of a plan, as one of the engines finds them: of the run that the plan counts, or the asymptotic step.
struct TimedStep {
  Seconds step;
  Parts parts;
};
using StepTimer = std::function<TimedStep(const StepPlan& plan, const std::vector<OperationCost>& costs)>;

/// Where the samples of the steps after the first epoch of a lowered scenario's run come from; empty where it has no such steps.
std::optional<SampleSource> source_after(const Scenario& scenario, const StepPlan& plan);

/// From the step of a lowered and priced scenario to its run, by the engine's own steps.
/// Where later epochs find their samples in memory (costs/loading.hpp) the first epoch and the others are timed apart, and the step is the
/// mean of the run's; a prediction without a length of the run is of the first epoch.
/// With an interval I between checkpoints the run takes, for each of the floor(steps / I),
///   stall = T(n steps and a checkpoint) - n T(step),
/// both asymptotic, of as many steps n <= I as a checkpoint is felt in; the mean over them where some are in a first epoch timed apart.
/// Throws MissingCapability for checkpoints of experts that are spread over ranks.
RunTimes time_run(const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs, const StepTimer& timer);

/// The steps of time_run() alone, without its checkpoints.
RunTimes time_epochs(const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs, const StepTimer& timer);

}  // namespace forerun
