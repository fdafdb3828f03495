#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/prediction.hpp"
#include "core/scenario.hpp"
#include "costs/price.hpp"
#include "costs/run_times.hpp"

/// From a step to a run: how many, what comes before and between them, and what all of it takes.
namespace forerun {

/// Steps of the run: given, or those to its target (costs/statistical_efficiency.hpp, rounded up), or those of a plan that is given, or
/// epochs x samples / batch (the last, partial batch of an epoch is dropped, as loaders of synchronous training do). Empty where the run
/// names none, or epochs without a data set. BadInput: a target or epochs that make more than kMostSteps.
std::optional<std::int64_t> run_steps(const Scenario& scenario);

/// total = start-up + steps x step + others, the last of the whole run: filling of the shuffle buffer, evaluation, checkpoints. Empty where
/// the run names no steps.
std::optional<Seconds> run_time(const Scenario& scenario, Seconds step, Seconds others);

/// Forward passes of one step's batch, kernels and the transfers that wait for them, on the rank class that takes longest. What is
/// calculated again for the backward pass is not part of it. Neglects how a pipeline fills and transfers between its stages.
Seconds forward_time(const Scenario& scenario, const StepPlan& plan, std::span<const OperationCost> costs);

/// Evaluation of the whole run: floor(steps / interval) passes, at least one, of samples / batch x forward_time() each.
Seconds evaluation_time(const EvaluationRuns& evaluation, std::int64_t steps, const Workload& workload, Seconds forward);

/// What a run of so many steps takes longer for its checkpoints: floor(steps / interval) of them, the time that a write which goes on after
/// the last step takes not counted.
Seconds checkpoint_stall(const Checkpoints& checkpoints, std::int64_t steps, Seconds each);

/// Energy of `platform` over a run whose ranks' devices compute for `busy` in all (the sum over devices):
///   idle power x devices x run + (peak - idle) x busy + rest of the node x nodes x run
/// Power is linear in the share of time that a device computes; a kernel bound by memory takes less than that says, and cooling is not
/// in it. Devices of the platform that no rank has are idle. Empty where nobody gave the devices' power.
std::optional<Joules> run_energy(const Platform& platform, const Calibration& calibration, Seconds run, Seconds busy);

/// Cost of the run: time x nodes x price of a node on the run's market. Empty where that price is not known.
std::optional<Dollars> run_cost(const Platform& platform, Market market, Seconds run);

/// Adds to a prediction with a step time what its run takes beside its `times`, and to its assumptions what that rests on. Nothing where
/// the run names no steps.
void add_whole_run(const Scenario& scenario, const StepPlan& plan, std::span<const OperationCost> costs, const RunTimes& times,
                   Prediction& prediction);

}  // namespace forerun
