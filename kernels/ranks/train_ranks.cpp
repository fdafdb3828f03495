#include "kernels/ranks/train_ranks.hpp"

#include "core/error.hpp"
#include "kernels/ranks/mpi_group.hpp"
#include "strategies/lower.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

namespace forerun {

namespace {

Text job_value(const std::string& key, const std::string& value) {
  Text text;
  text.value = value, text.key = key;
  return text;
}

Scenario scenario_of(const TrainJob& job, int ranks) {
  std::vector<Text> settings;
  for (const auto& [key, value] : job.settings) settings.push_back(job_value(key, value));
  Scenario scenario;
  scenario.workload = load_workload(job_value("workload", job.workload), settings);
  require_batch(scenario.workload, job_value("workload", job.workload));
  scenario.strategy = parse_strategy(job_value("strategy", job.strategy));
  scenario.platform.name = "the ranks launched";
  scenario.platform.devices_per_node = ranks;
  scenario.run.steps = job.steps;
  scenario.run.seed = job.seed;
  return scenario;
}

StepPlan plan_of(const Scenario& scenario, int ranks) {
  auto lowered = lower(scenario);
  Problem wrong;
  if (const auto* infeasible = std::get_if<Infeasible>(&lowered))
    wrong.what = infeasible->reason;
  else if (std::get<StepPlan>(lowered).ranks != ranks)
    wrong.what = "the strategy has " + std::to_string(std::get<StepPlan>(lowered).ranks) + " ranks, launched were " + std::to_string(ranks);
  else
    return std::get<StepPlan>(std::move(lowered));
  throw BadInput(wrong);
}

/// A log as numbers, always in the same places: origin, step ends, losses, then busy and wait of each interval.
std::vector<double> flatten(const RankLog& log) {
  std::vector<double> numbers{log.origin.value()};
  for (const Seconds end : log.step_ends) numbers.push_back(end.value());
  numbers.insert(numbers.end(), log.losses.begin(), log.losses.end());
  for (const auto& operation : log.operations)
    for (const RankLog::Interval& interval : operation) numbers.push_back(interval.busy.value()), numbers.push_back(interval.wait.value());
  return numbers;
}

/// The inverse of flatten(): `like` has the same lengths.
RankLog unflatten(const double* numbers, RankLog like) {
  like.origin = Seconds(*numbers++);
  for (Seconds& end : like.step_ends) end = Seconds(*numbers++);
  for (double& loss : like.losses) loss = *numbers++;
  for (auto& operation : like.operations)
    for (RankLog::Interval& interval : operation) {
      interval.busy = Seconds(*numbers++);
      interval.wait = Seconds(*numbers++);
    }
  return like;
}

}  // namespace

TrainResult train_ranks(const TrainJob& job, MPI_Comm communicator, const ProgressCallback& progress) {
  MpiGroup group(communicator);
  const Scenario scenario = scenario_of(job, group.ranks());
  const StepPlan plan = plan_of(scenario, group.ranks());
  TrainOptions options;
  options.steps = job.steps;
  options.warm_up = job.warm_up;
  options.resident_batches = job.resident_batches;
  options.kernels = job.kernels;
  const RankLog log = train_rank(scenario, plan, options, &group, progress);

  std::vector<double> mine = flatten(log);
  std::vector<RankLog> logs;
  group.gather(mine, [&](std::span<const double> numbers) { logs.push_back(unflatten(numbers.data(), log)); });
  return group.rank() == 0 ? summarise(scenario.workload, plan, logs) : TrainResult{};
}

}  // namespace forerun
