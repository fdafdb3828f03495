#include "kernels/trainer/train.hpp"

#include <algorithm>
#include <cassert>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "kernels/trainer/executor.hpp"
#include "kernels/trainer/quantiles.hpp"

namespace forerun {

namespace {

/// The rank's shards of the global batches that are used in turn.
std::vector<Batch> resident_batches(const Scenario& scenario, const StepPlan& plan, int count, int rank) {
  const Workload& workload = scenario.workload;
  const std::int64_t share = workload.batch / plan.ranks;
  std::vector<Batch> batches;
  batches.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    batches.push_back(make_batch(workload, scenario.run.seed, i * workload.batch + rank * share, rank * share, share));
  return batches;
}

/// A callback for each percent at most: progress must not cost the steps time.
class StepProgress {
 public:
  StepProgress(const ProgressCallback& callback, std::int64_t total) : callback_(callback), total_(total) {}

  void report(std::int64_t done) {
    const std::int64_t percent = total_ == 0 ? 100 : 100 * done / total_;
    if (!callback_ || percent == reported_) return;
    reported_ = percent;
    callback_({static_cast<double>(done), static_cast<double>(total_), "training steps"});
  }

 private:
  const ProgressCallback& callback_;
  std::int64_t total_;
  std::int64_t reported_ = -1;
};

std::string layer_label(const Workload& workload, const Operation& operation) {
  if (operation.layer < 0) return {};
  if (operation.kind() == OperationKind::transfer) return "bucket " + std::to_string(operation.layer);
  return workload.layers[static_cast<std::size_t>(operation.layer)].name;
}

OperationTime operation_time(const Workload& workload, const StepPlan& plan, std::size_t index, const std::vector<RankLog>& ranks) {
  std::vector<Seconds> busy;
  std::vector<Seconds> wait;
  for (const RankLog& log : ranks)
    for (const RankLog::Interval& interval : log.operations[index]) busy.push_back(interval.busy), wait.push_back(interval.wait);
  const Operation& operation = plan.operations[index];
  OperationTime time;
  time.operation = static_cast<int>(index);
  time.name = operation.name;
  time.layer = layer_label(workload, operation);
  if (busy.empty()) return time;
  const Quantiles spread = quantiles(busy);
  time.median = spread.median, time.p10 = spread.p10, time.p90 = spread.p90;
  time.wait = quantiles(wait).median;
  return time;
}

std::vector<Seconds> differences(const std::vector<Seconds>& ends) {
  std::vector<Seconds> steps;
  for (std::size_t i = 1; i < ends.size(); ++i) steps.push_back(ends[i] - ends[i - 1]);
  return steps;
}

/// The end of each step on the rank that is last, from the common origin.
std::vector<Seconds> last_ends(const std::vector<RankLog>& ranks) {
  std::vector<Seconds> ends(ranks.front().step_ends.size());
  for (const RankLog& log : ranks)
    for (std::size_t i = 0; i < ends.size(); ++i) ends[i] = std::max(ends[i], log.step_ends[i] - log.origin);
  return ends;
}

}  // namespace

void require_trainable(const Strategy& strategy) {
  const auto refuse = [](std::string_view key, const std::string& value) {
    throw MissingCapability("the trainer's ranks are replicas, and it does not execute " + std::string(key) + "=" + value +
                            "; leave it out, or ask `forerun predict`");
  };
  const SpatialGrid& grid = strategy.spatial;
  if (grid.parts() > 1) refuse("spatial", std::to_string(grid.height) + "x" + std::to_string(grid.width));
  const std::initializer_list<std::pair<std::string_view, int>> axes{{"tensor", strategy.tensor},   {"pipeline", strategy.pipeline},
                                                                     {"context", strategy.context}, {"expert", strategy.expert},
                                                                     {"filter", strategy.filter},   {"channel", strategy.channel}};
  for (const auto& [key, degree] : axes)
    if (degree > 1) refuse(key, std::to_string(degree));
  if (strategy.zero > 0) refuse("zero", std::to_string(strategy.zero));
  if (strategy.offload != Offload::none) refuse("offload", std::string(to_string(strategy.offload)));
}

RankLog train_rank(const Scenario& scenario, const StepPlan& plan, const TrainOptions& options, RankGroup* group,
                   const ProgressCallback& progress) {
  require_trainable(scenario.strategy);
  const int rank = group == nullptr ? 0 : group->rank();
  Network network(scenario.workload, plan, {options.kernels, scenario.run.seed, options.rule});
  const std::vector<Batch> batches = resident_batches(scenario, plan, options.resident_batches, rank);
  Executor executor(plan, scenario.strategy.overlap, network, group, options.clock);
  RankLog log;
  log.operations.resize(plan.operations.size());
  for (auto& operation : log.operations) operation.reserve(static_cast<std::size_t>(options.steps));
  log.step_ends.reserve(static_cast<std::size_t>(options.steps) + 1);
  log.losses.reserve(static_cast<std::size_t>(options.steps));
  StepProgress steps(progress, options.warm_up + options.steps);

  if (group != nullptr) group->barrier();
  log.origin = options.clock();
  if (options.warm_up == 0) log.step_ends.push_back(log.origin);
  for (std::int64_t step = 0; step < options.warm_up + options.steps; ++step) {
    network.begin_step(batches[static_cast<std::size_t>(step) % batches.size()]);
    const bool timed = step >= options.warm_up;
    executor.step(timed ? &log : nullptr);
    if (step + 1 >= options.warm_up) log.step_ends.push_back(options.clock());
    if (timed) log.losses.push_back(network.loss());
    steps.report(step + 1);
  }
  executor.drain(&log);
  return log;
}

TrainResult summarise(const Workload& workload, const StepPlan& plan, const std::vector<RankLog>& ranks) {
  assert(!ranks.empty());
  TrainResult result;
  result.ranks = static_cast<int>(ranks.size());
  result.step_times = differences(last_ends(ranks));
  result.losses.resize(ranks.front().losses.size());
  for (const RankLog& log : ranks) {
    result.rank_medians.push_back(quantiles(differences(log.step_ends)).median);
    for (std::size_t i = 0; i < result.losses.size(); ++i) result.losses[i] += log.losses[i] / static_cast<double>(ranks.size());
  }
  for (std::size_t i = 0; i < plan.operations.size(); ++i) result.operations.push_back(operation_time(workload, plan, i, ranks));
  const Quantiles spread = quantiles(result.step_times);
  result.median = spread.median, result.p10 = spread.p10, result.p90 = spread.p90;
  return result;
}

std::variant<TrainResult, Infeasible> train(const Scenario& scenario, const TrainOptions& options, const ProgressCallback& progress) {
  const auto lowered = lower(scenario);
  if (const auto* infeasible = std::get_if<Infeasible>(&lowered)) return *infeasible;
  const auto& plan = std::get<StepPlan>(lowered);
  return summarise(scenario.workload, plan, {train_rank(scenario, plan, options, nullptr, progress)});
}

}  // namespace forerun
