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

/// How many steps show all of what a checkpoint does: of a synchronous one what was loaded ahead while it was written, of an asynchronous
/// one the steps beside which it is written.
std::int64_t steps_to_look_at(const Scenario& scenario, Seconds write, Seconds step) {
  const std::int64_t interval = *scenario.run.checkpoints.interval;
  const double beside =
      scenario.run.checkpoints.mode == CheckpointMode::asynchronous && step > Seconds(0) ? std::ceil(kFelt * (write / step)) : 0;
  const double ahead = 2.0 * scenario.input.prefetch;
  return static_cast<std::int64_t>(std::min(static_cast<double>(interval), kLeastSteps + std::max(beside, ahead)));
}

CheckpointTimes time_checkpoint(const Scenario& scenario, const Priced& steps, const StepTimer& timer) {
  const Seconds step = timer(steps.plan, steps.costs).step;
  const std::size_t first = steps.plan.operations.size();
  StepPlan plan = lower_checkpoint(scenario, steps.plan, *scenario.run.checkpoints.interval);
  CheckpointTimes times = checkpoint_alone(plan, first, scenario.platform);
  const std::int64_t looked_at = steps_to_look_at(scenario, times.write, step);
  std::get<Repeat>(plan.step.body.front()).count = looked_at;
  const std::vector<OperationCost> costs = with_checkpoint_costs(plan, steps.costs, scenario.platform);
  const Seconds period = timer(plan, costs).step;
  const Seconds stall = period - static_cast<double>(looked_at) * step;
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
  const SampleSource later = source_after(scenario, plan).value_or(scenario.input.source);
  const Priced steps = later == scenario.input.source ? counted(plan, costs, 0) : from(later, scenario, 0);
  times.checkpoint = time_checkpoint(scenario, steps, timer);
  times.assumptions.push_back(checkpoint_text(scenario, *times.checkpoint));
  return times;
}

}  // namespace forerun
