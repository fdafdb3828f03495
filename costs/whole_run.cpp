#include "costs/whole_run.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "costs/gpu/kernel_time.hpp"
#include "costs/loading.hpp"
#include "costs/statistical_efficiency.hpp"
#include "io/format.hpp"

namespace forerun {
namespace {

constexpr double kSecondsPerHour = 3600;

std::int64_t steps_an_epoch(const Workload& workload) { return workload.batch > 0 ? workload.samples / workload.batch : 0; }

std::int64_t steps_of(double steps, std::string_view key, const std::string& got) {
  if (!(steps <= static_cast<double>(kMostSteps)))
    throw BadInput(Problem{.key = std::string(key),
                           .what = "makes more steps than a run may have",
                           .got = got,
                           .allowed = forerun::format("at most {} steps", kMostSteps)});
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(steps));
}

/// Of a forward kernel the share of its instances that are no recomputation.
double first_time_share(const Operation& operation, const Kernel& kernel, const Scenario& scenario) {
  const Recompute recompute = scenario.strategy.recompute;
  if (recompute == Recompute::selective && kernel.shape.kind == LayerKind::attention) return 0.5;
  const auto& layers = scenario.workload.layers;
  const bool known = operation.layer >= 0 && operation.layer < static_cast<int>(layers.size());
  return recompute == Recompute::full && known && layers[operation.layer].block >= 0 ? 0.5 : 1;
}

/// The share of an operation that belongs to forward passes: of forward kernels, and of transfers that wait for one.
double forward_share(const StepPlan& plan, const Operation& operation, const Scenario& scenario) {
  const auto of_kernel = [&](const Operation& candidate) {
    const auto* kernel = std::get_if<Kernel>(&candidate.work);
    return kernel != nullptr && kernel->pass == Pass::forward ? first_time_share(candidate, *kernel, scenario) : 0;
  };
  if (!std::holds_alternative<Collective>(operation.work)) return of_kernel(operation);
  double share = 0;
  for (int i = 0; i < operation.dependency_count; ++i)
    share = std::max(share, of_kernel(plan.operations[plan.dependencies[operation.first_dependency + i].operation]));
  return share;
}

/// Kernels of a step, summed over all ranks.
Seconds busy_time(const StepPlan& plan, std::span<const OperationCost> costs) {
  const TreeIndex tree = index_tree(plan);
  Seconds busy;
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const Operation& operation = plan.operations[i];
    if (operation.kind() == OperationKind::compute)
      busy += times_in_step(tree, i) * plan.classes[operation.rank_class].count * costs[i].duration();
  }
  return busy;
}

std::optional<Seconds> startup_of(const Scenario& scenario) {
  return scenario.run.startup ? scenario.run.startup : scenario.platform.startup;
}

void add_target(const Scenario& scenario, Prediction& prediction) {
  if (!scenario.run.to_target || scenario.run.steps) return;
  const StatisticalEfficiency& target = *scenario.run.to_target;
  const Workload& workload = scenario.workload;
  if (workload.samples > 0) prediction.epochs_to_target = samples_to_target(target, workload.batch) / static_cast<double>(workload.samples);
  prediction.assumptions.push_back(
      forerun::format("the target takes {:.0f} (1 + {:.4g} / batch) steps, at learning rates tuned for the batch: here {} of batch {}",
                      target.minimum_steps, target.critical_batch, *prediction.steps, workload.batch));
  if (const std::optional<FitRange> critical = critical_batch_range(target))
    prediction.assumptions.push_back(forerun::format("critical batch fitted to {} runs: {}, worst error {}", target.fit->runs,
                                                     range_text(*critical), percent(target.fit->worst_error)));
  std::ranges::move(fit_warnings(target, workload.batch), std::back_inserter(prediction.assumptions));
}

void add_energy(const Scenario& scenario, Seconds busy, Prediction& prediction) {
  const Platform& platform = scenario.platform;
  prediction.energy = run_energy(platform, *scenario.calibration, *prediction.total_time, busy);
  if (!prediction.energy) return;
  const GpuModel& gpu = *scenario.calibration->gpu;
  prediction.assumptions.push_back(
      forerun::format("energy: a device takes {:.0f} W idle and {:.0f} W computing, {}; without cooling", gpu.idle_watts, gpu.peak_watts,
                      platform.node_power ? forerun::format("the rest of a node {:.0f} W", platform.node_power->value())
                                          : std::string("what the rest of a node takes is not known and not in it")));
}

void add_cost(const Scenario& scenario, Prediction& prediction) {
  const Platform& platform = scenario.platform;
  const Market market = scenario.run.market;
  prediction.cost = run_cost(platform, market, *prediction.total_time);
  if (prediction.cost) {
    prediction.price_date = platform.price->date;
    if (market == Market::spot) prediction.assumptions.emplace_back("machines at their spot price are never taken away");
  } else if (market == Market::spot) {
    prediction.assumptions.push_back("no spot price of " + platform.name + " is known: no cost");
  }
}

}  // namespace

std::optional<std::int64_t> run_steps(const Scenario& scenario) {
  const Run& run = scenario.run;
  if (run.steps) return run.steps;
  if (scenario.plan) return scenario.plan->step.count > 0 ? std::optional(scenario.plan->step.count) : std::nullopt;
  const Workload& workload = scenario.workload;
  if (run.to_target) {
    if (workload.batch < 1) return std::nullopt;
    return steps_of(
        std::ceil(steps_to_target(*run.to_target, workload.batch)), "run.minimum-steps",
        forerun::format("{:.4g} steps and a critical batch of {:.4g}", run.to_target->minimum_steps, run.to_target->critical_batch));
  }
  const std::int64_t each = steps_an_epoch(workload);
  if (!run.epochs || each < 1) return std::nullopt;
  return steps_of(std::round(*run.epochs * static_cast<double>(each)), "run.epochs", forerun::format("{} of {} steps", *run.epochs, each));
}

std::optional<Seconds> run_time(const Scenario& scenario, Seconds step, Seconds others) {
  const std::optional<std::int64_t> steps = run_steps(scenario);
  if (!steps) return std::nullopt;
  return startup_of(scenario).value_or(Seconds(0)) + static_cast<double>(*steps) * step + others;
}

Seconds forward_time(const Scenario& scenario, const StepPlan& plan, std::span<const OperationCost> costs) {
  const TreeIndex tree = index_tree(plan);
  std::vector<Seconds> classes(plan.classes.size());
  for (std::size_t i = 0; i < plan.operations.size(); ++i)
    classes[plan.operations[i].rank_class] +=
        times_in_step(tree, i) * forward_share(plan, plan.operations[i], scenario) * costs[i].duration();
  return classes.empty() ? Seconds(0) : *std::ranges::max_element(classes);
}

Seconds evaluation_time(const EvaluationRuns& evaluation, std::int64_t steps, const Workload& workload, Seconds forward) {
  const std::int64_t epoch = steps_an_epoch(workload);
  const std::int64_t interval = evaluation.interval.value_or(epoch > 0 ? epoch : steps);
  const auto passes = static_cast<double>(std::max<std::int64_t>(1, steps / interval));
  return passes * static_cast<double>(evaluation.samples) / static_cast<double>(workload.batch) * forward;
}

Seconds checkpoint_stall(const Checkpoints& checkpoints, std::int64_t steps, Seconds each) {
  return checkpoints.interval ? static_cast<double>(steps / *checkpoints.interval) * each : Seconds(0);
}

std::optional<Joules> run_energy(const Platform& platform, const Calibration& calibration, Seconds run, Seconds busy) {
  if (!calibration.gpu || calibration.gpu->peak_watts <= 0) return std::nullopt;
  const Joules nodes = platform.node_power ? static_cast<double>(platform.nodes) * *platform.node_power * run : Joules(0);
  return gpu_energy(*calibration.gpu, static_cast<double>(platform.devices()) * run, busy) + nodes;
}

std::optional<Dollars> run_cost(const Platform& platform, Market market, Seconds run) {
  if (!platform.price) return std::nullopt;
  const std::optional<Dollars> hour = market == Market::spot ? platform.price->spot : std::optional(platform.price->on_demand);
  if (!hour) return std::nullopt;
  return run.value() / kSecondsPerHour * static_cast<double>(platform.nodes) * *hour;
}

void add_whole_run(const Scenario& scenario, const StepPlan& plan, std::span<const OperationCost> costs, const RunTimes& times,
                   Prediction& prediction) {
  if (times.checkpoint) prediction.checkpoint_write = times.checkpoint->write, prediction.checkpoint_bytes = times.checkpoint->bytes;
  prediction.steps = run_steps(scenario);
  if (!prediction.steps) return;
  const auto steps = static_cast<double>(*prediction.steps);
  prediction.startup = startup_of(scenario);
  const Strategy& strategy = scenario.strategy;
  // The plan of workers that wait for nobody is one of them, and a step an update of each.
  const int cycles = strategy.servers > 0 && strategy.updates == Updates::asynchronous ? strategy.data : 1;
  Seconds busy = steps * cycles * busy_time(plan, costs);
  if (prediction.startup)
    prediction.assumptions.push_back(forerun::format("{} until the first step", human(*prediction.startup)));
  else
    prediction.assumptions.emplace_back("machines and framework are ready: run.startup counts their start");
  const Seconds fill = shuffle_fill(scenario, plan, costs);
  if (fill > Seconds(0)) {
    prediction.startup = prediction.startup.value_or(Seconds(0)) + fill;
    const double held = shuffled_samples(scenario);
    prediction.assumptions.push_back(
        forerun::format("{} of start-up to fill the shuffle buffer{}", human(fill),
                        held < static_cast<double>(scenario.input.shuffle_buffer)
                            ? forerun::format(", which holds no more than the {:.6g} samples of a process", held)
                            : ""));
  }
  if (times.checkpoint) {
    prediction.checkpoint_stall = checkpoint_stall(scenario.run.checkpoints, *prediction.steps, times.checkpoint->stall);
    if (*prediction.steps < *scenario.run.checkpoints.interval)
      prediction.assumptions.push_back(
          forerun::format("no checkpoint is written: the run ends after {} steps, before the first one", *prediction.steps));
  }
  if (scenario.run.evaluation.samples > 0 && !scenario.plan) {
    const Seconds forward = forward_time(scenario, plan, costs);
    prediction.evaluation = evaluation_time(scenario.run.evaluation, *prediction.steps, scenario.workload, forward);
    busy += scenario.ranks() * *prediction.evaluation;
  }
  const Seconds between_steps = fill + prediction.evaluation.value_or(Seconds(0)) + prediction.checkpoint_stall.value_or(Seconds(0));
  prediction.total_time = run_time(scenario, *prediction.step_time, between_steps);
  add_target(scenario, prediction);
  add_energy(scenario, busy, prediction);
  add_cost(scenario, prediction);
}

}  // namespace forerun
