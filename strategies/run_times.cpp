#include "strategies/run_times.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "costs/disk_time.hpp"
#include "costs/loading.hpp"
#include "costs/whole_run.hpp"
#include "io/format.hpp"
#include "strategies/checkpoint.hpp"
#include "strategies/lower.hpp"

namespace forerun {
namespace {

constexpr std::int64_t kLeastSteps = 8;  // that a checkpoint is looked at with
constexpr double kFelt = 1.5;            // of a checkpoint's writing alone, how long it may be felt
constexpr double kMostAhead = 256;       // steps for which samples that were loaded ahead last are looked at
constexpr double kNothing = 1e-9;        // relative: what differences of times leave

/// A plan that counts so many steps, with its costs.
struct Priced {
  StepPlan plan;
  std::vector<OperationCost> costs;
};

Priced counted(const StepPlan& plan, const std::vector<OperationCost>& costs, std::int64_t steps) {
  Priced priced{plan, costs};
  priced.plan.step.count = steps;
  return priced;
}

/// The same step where its samples come from elsewhere.
Priced from(SampleSource source, const Scenario& scenario, std::int64_t steps) {
  Scenario later = scenario;
  later.input.source = source;
  auto lowered = lower(later);
  Priced priced{std::move(std::get<StepPlan>(lowered)), {}};
  priced.costs = price(priced.plan, later);
  priced.plan.step.count = steps;
  return priced;
}

std::int64_t steps_an_epoch(const Workload& workload) { return workload.batch > 0 ? workload.samples / workload.batch : 0; }

/// The costs of the operations that a checkpoint adds to those of a plan.
std::vector<OperationCost> with_checkpoint_costs(const StepPlan& plan, std::vector<OperationCost> costs, const Platform& platform) {
  for (std::size_t i = costs.size(); i < plan.operations.size(); ++i) {
    OperationCost& cost = costs.emplace_back();
    if (const auto* write = std::get_if<DiskAccess>(&plan.operations[i].work)) cost = disk_cost(*write, platform);
    if (const auto* delay = std::get_if<Delay>(&plan.operations[i].work)) cost.latency = delay->duration;
  }
  return costs;
}

/// How many steps show all of what a checkpoint does: those beside which an asynchronous one is written, and those for which samples last
/// that are loaded while the steps stand still. These are no more than the loader may be ahead, and spare each step what it waits for.
std::int64_t steps_to_look_at(const Scenario& scenario, Seconds write, const TimedStep& timed) {
  const bool asynchronous = scenario.run.checkpoints.mode == CheckpointMode::asynchronous;
  const double beside = asynchronous && timed.step > Seconds(0) ? std::ceil(kFelt * (write / timed.step)) : 0;
  const Seconds spared = timed.parts.input_exposed;
  const Seconds loaded = std::min(scenario.input.prefetch * timed.step, write + timed.step);
  const double ahead = spared > kNothing * timed.step ? std::ceil(loaded / spared) : 0;
  const double felt = kLeastSteps + std::max(beside, std::min(ahead, kMostAhead));
  return static_cast<std::int64_t>(std::min(static_cast<double>(*scenario.run.checkpoints.interval), felt));
}

CheckpointTimes time_checkpoint(const Scenario& scenario, const Priced& steps, const StepTimer& timer) {
  const TimedStep timed = timer(steps.plan, steps.costs);
  const std::size_t first = steps.plan.operations.size();
  StepPlan plan = lower_checkpoint(scenario, steps.plan, *scenario.run.checkpoints.interval);
  CheckpointTimes times = checkpoint_alone(plan, first, scenario.platform);
  const std::int64_t looked_at = steps_to_look_at(scenario, times.write, timed);
  std::get<Repeat>(plan.step.body.front()).count = looked_at;
  const std::vector<OperationCost> costs = with_checkpoint_costs(plan, steps.costs, scenario.platform);
  const Seconds period = timer(plan, costs).step;
  const Seconds stall = period - static_cast<double>(looked_at) * timed.step;
  times.stall = stall > kNothing * period ? stall : Seconds(0);
  return times;
}

std::string checkpoint_text(const Scenario& scenario, const CheckpointTimes& times) {
  const Checkpoints& checkpoints = scenario.run.checkpoints;
  return forerun::format("a checkpoint of {} is written to {} every {} steps, {}", human(times.bytes), scenario.platform.checkpoints->name,
                         *checkpoints.interval,
                         checkpoints.mode == CheckpointMode::synchronous ? "and the next step waits for it"
                         : scenario.platform.host_link > BytesPerSecond(0)
                             ? "beside the steps that follow once it is copied to the host"
                             : "beside the steps that follow; its copy to the host is not counted without platform.host-link-bandwidth");
}

}  // namespace

std::optional<SampleSource> source_after(const Scenario& scenario, const StepPlan& plan) {
  const std::int64_t epoch = steps_an_epoch(scenario.workload);
  return epoch > 0 && plan.step.count > epoch ? std::optional(later_source(scenario, plan.memory)) : std::nullopt;
}

RunTimes time_epochs(const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs, const StepTimer& timer) {
  const std::optional<SampleSource> later = source_after(scenario, plan);
  RunTimes times;
  if (later.value_or(scenario.input.source) == scenario.input.source) {
    const TimedStep timed = timer(plan, costs);
    times.step = timed.step, times.parts = timed.parts;
  } else {
    const std::int64_t epoch = steps_an_epoch(scenario.workload);
    const Priced reading = counted(plan, costs, epoch);
    const Priced cached = from(*later, scenario, plan.step.count - epoch);
    const TimedStep first = timer(reading.plan, reading.costs);
    const TimedStep others = timer(cached.plan, cached.costs);
    const double share = static_cast<double>(epoch) / static_cast<double>(plan.step.count);
    times.step = share * first.step + (1 - share) * others.step;
    times.parts = first.parts * share;
    times.parts += others.parts * (1 - share);
    times.first_epoch_step = first.step;
  }
  times.assumptions = loading_assumptions(scenario, later);
  return times;
}

RunTimes time_run(const Scenario& scenario, const StepPlan& plan, const std::vector<OperationCost>& costs, const StepTimer& timer) {
  RunTimes times = time_epochs(scenario, plan, costs, timer);
  if (!scenario.run.checkpoints.interval || scenario.plan) return times;
  times.checkpoint = time_checkpoint(scenario, counted(plan, costs, 0), timer);
  if (times.first_epoch_step) {
    const std::int64_t interval = *scenario.run.checkpoints.interval;
    const auto first = static_cast<double>(steps_an_epoch(scenario.workload) / interval);
    const auto all = static_cast<double>(plan.step.count / interval);
    const Seconds later = time_checkpoint(scenario, from(*source_after(scenario, plan), scenario, 0), timer).stall;
    const double share = all > 0 ? first / all : 0;
    times.checkpoint->stall = share * times.checkpoint->stall + (1 - share) * later;
  }
  // That a run ends before its first checkpoint is said of the whole run.
  const bool written = plan.step.count == 0 || plan.step.count >= *scenario.run.checkpoints.interval;
  if (written) times.assumptions.push_back(checkpoint_text(scenario, *times.checkpoint));
  return times;
}

}  // namespace forerun
