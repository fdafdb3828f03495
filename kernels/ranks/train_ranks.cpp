#include "kernels/ranks/train_ranks.hpp"

#include "kernels/ranks/launched.hpp"
#include "kernels/ranks/mpi_group.hpp"
#include "kernels/ranks/timed_ranks.hpp"
#include "kernels/trainer/asynchronous.hpp"

namespace forerun {

namespace {

/// A log as numbers: origin, step ends, losses, staleness, times of input, then of each operation its intervals; each list behind its
/// length.
std::vector<double> flatten(const RankLog& log) {
  std::vector<double> numbers{log.origin.value()};
  const auto length = [&](std::size_t items) { numbers.push_back(static_cast<double>(items)); };
  length(log.step_ends.size());
  for (const Seconds end : log.step_ends) numbers.push_back(end.value());
  length(log.losses.size());
  numbers.insert(numbers.end(), log.losses.begin(), log.losses.end());
  length(log.staleness.size());
  for (const std::int64_t updates : log.staleness) numbers.push_back(static_cast<double>(updates));
  length(log.input.size());
  for (const InputTime& time : log.input)
    for (const Seconds part : {time.read, time.decode, time.wait}) numbers.push_back(part.value());
  length(log.operations.size());
  for (const auto& operation : log.operations) {
    length(operation.size());
    for (const RankLog::Interval& interval : operation)
      for (const Seconds time : {interval.start, interval.busy, interval.wait}) numbers.push_back(time.value());
  }
  return numbers;
}

/// The inverse of flatten().
RankLog unflatten(const double* numbers) {
  RankLog log;
  const auto seconds = [&] { return Seconds(*numbers++); };
  const auto length = [&] { return static_cast<std::size_t>(*numbers++); };
  log.origin = seconds();
  log.step_ends.resize(length());
  for (Seconds& end : log.step_ends) end = seconds();
  log.losses.resize(length());
  for (double& loss : log.losses) loss = *numbers++;
  log.staleness.resize(length());
  for (std::int64_t& updates : log.staleness) updates = static_cast<std::int64_t>(*numbers++);
  log.input.resize(length());
  for (InputTime& time : log.input) time.read = seconds(), time.decode = seconds(), time.wait = seconds();
  log.operations.resize(length());
  for (auto& operation : log.operations) {
    operation.resize(length());
    for (RankLog::Interval& interval : operation) interval.start = seconds(), interval.busy = seconds(), interval.wait = seconds();
  }
  return log;
}

/// Of the rank among those of its machine.
int number_on_node(MPI_Comm communicator) {
  MPI_Comm here = MPI_COMM_NULL;
  MPI_Comm_split_type(communicator, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here);
  const int number = group_rank(here);
  MPI_Comm_free(&here);
  return number;
}

}  // namespace

TrainResult train_ranks(const TrainJob& job, MPI_Comm communicator, const ProgressCallback& progress, const TrainEventCallback& on_event,
                        std::vector<int> cores) {
  MpiGroup group(communicator);
  const Scenario scenario = launched_scenario(job, group.ranks());
  const StepPlan plan = launched_plan(scenario, group.ranks());
  TrainOptions options = train_options(job);
  options.on_event = on_event;
  options.device_number = number_on_node(communicator);
  options.data.cores = std::move(cores);
  const RankLog log = train_rank(scenario, plan, options, group, progress);

  std::vector<double> mine = flatten(log);
  std::vector<RankLog> logs;
  group.gather(mine, [&](std::span<const double> numbers) { logs.push_back(unflatten(numbers.data())); });
  if (group.rank() != 0) return {};
  return waits_for_nobody(scenario.strategy) ? summarise_asynchronous(scenario, plan, job.warm_up, logs)
                                             : summarise(scenario.workload, plan, logs);
}

}  // namespace forerun
