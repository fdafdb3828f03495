#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/prediction.hpp"
#include "core/scenario.hpp"
#include "costs/price.hpp"

namespace forerun {

/// Steps of the run: given, or those of a plan that is given, or epochs x samples / batch (the last, partial batch of an epoch is dropped,
/// as loaders of synchronous training do). Empty where the run names neither, or epochs without a data set. BadInput: epochs that make more
/// than kMostSteps.
std::optional<std::int64_t> run_steps(const Scenario& scenario);

/// Everything that follows from a step's time and parts: throughput, epoch and total time, memory, bytes moved, origin, assumptions.
///   throughput = batch / step;   epoch = floor(samples / batch) x step;   total = steps x step
///   cost = total x nodes x price of a node on demand; empty where the platform has no price
Prediction summarize(const Scenario& scenario, const StepPlan& plan, std::span<const OperationCost> costs, Seconds step,
                     const Parts& parts);

/// Model flops utilization: matrix_flops_per_sample() forward and backward of the batch, without recomputation, over what the peak of all
/// ranks' devices would do in the step  [Chowdhery et al. 2022, appendix B]. Empty where the calibration names no peak in the precision.
std::optional<double> model_flops_utilization(const Scenario& scenario, Seconds step);

/// The answer for a scenario that cannot run.
Prediction infeasible(std::string reason);

}  // namespace forerun
