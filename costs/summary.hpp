#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/prediction.hpp"
#include "core/scenario.hpp"
#include "costs/price.hpp"
#include "costs/run_times.hpp"
#include "costs/whole_run.hpp"

namespace forerun {

/// Everything that follows from a step's time and parts: throughput, epoch, the whole run (costs/whole_run.hpp), memory, bytes moved,
/// origin, assumptions.
///   throughput = batch / step;   epoch = floor(samples / batch) x step
Prediction summarize(const Scenario& scenario, const StepPlan& plan, std::span<const OperationCost> costs, const RunTimes& times);

/// Model flops utilization: matrix_flops_per_sample() forward and backward of the batch, without recomputation, over what the peak of all
/// ranks' devices would do in the step  [Chowdhery et al. 2022, appendix B]. Empty where the calibration names no peak in the precision.
std::optional<double> model_flops_utilization(const Scenario& scenario, Seconds step);

/// The answer for a scenario that cannot run.
Prediction infeasible(std::string reason);

}  // namespace forerun
