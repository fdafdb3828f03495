#include <algorithm>
#include <cassert>
#include <string>

#include "kernels/trainer/operation_times.hpp"
#include "kernels/trainer/quantiles.hpp"
#include "kernels/trainer/step_order.hpp"
#include "kernels/trainer/train.hpp"

namespace forerun {

namespace {

/// What each operation is for: a layer's name, of a sum of gradients its bucket.
std::vector<std::string> labels_of(const Workload& workload, const StepPlan& plan) {
  std::vector<std::string> labels(plan.operations.size());
  const auto name = [&](int layer) { return workload.layers[static_cast<std::size_t>(layer)].name; };
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Operation& operation = plan.operations[i];
    if (operation.layer < 0) continue;
    labels[i] = operation.kind() == OperationKind::transfer ? "bucket " + std::to_string(operation.layer) : name(operation.layer);
  }
  for (int each = 0; each < static_cast<int>(plan.classes.size()); ++each)
    for (const StepEntry& entry : step_order(plan, workload, each))
      if (std::string& label = labels[static_cast<std::size_t>(entry.operation)]; entry.beside >= 0 && label.empty())
        label = name(entry.layer);
  return labels;
}

/// How often an operation was done, and how long each time took and held a thread up.
struct Times {
  std::vector<Seconds> busy;
  std::vector<Seconds> wait;
};

/// Whether messages of a transfer end on a member of its group: one that goes to another, between a server and each of its workers.
bool receives(Collective::Operation operation, int member, int size) {
  if (operation == Collective::Operation::push) return member == 0;
  return member > 0 || size == 1;
}

/// Whether all ranks have one machine's clock: they left the same barrier at their origins. Hosts count from when they were started.
bool have_one_clock(const std::vector<RankLog>& ranks) {
  constexpr Seconds kLeaving(1);
  const auto [first, last] = std::ranges::minmax_element(ranks, {}, &RankLog::origin);
  return last->origin - first->origin < kLeaving;
}

/// Messages begin once all ranks are there for them, which takes the logs of all to tell; on several hosts from their origins, to within
/// what leaving the barrier takes. They end on those that they go to: the others have got rid of short ones at once.
void add_messages(const Communicator& communicator, Collective::Operation operation, std::size_t index, const std::vector<RankLog>& ranks,
                  Times& times) {
  const bool one_clock = have_one_clock(ranks);
  for (int group = 0; group < communicator.groups; ++group) {
    const auto log_of = [&](int member) -> const RankLog& { return ranks[static_cast<std::size_t>(communicator.rank(group, member))]; };
    const auto logged = [&](int member) -> const std::vector<RankLog::Interval>& { return log_of(member).operations[index]; };
    for (std::size_t i = 0; i < logged(0).size(); ++i) {
      Seconds start, end;
      for (int member = 0; member < communicator.size; ++member) {
        if (i >= logged(member).size()) continue;
        const RankLog::Interval& interval = logged(member)[i];
        const Seconds posted = one_clock ? interval.start : interval.start - log_of(member).origin;
        start = std::max(start, posted);
        if (!receives(operation, member, communicator.size)) continue;
        end = std::max(end, posted + interval.busy);
        times.wait.push_back(interval.wait);
      }
      times.busy.push_back(std::max(end - start, Seconds(0)));
    }
  }
}

Times times_of(const StepPlan& plan, std::size_t index, const std::vector<RankLog>& ranks, Messages messages) {
  using enum Collective::Operation;
  Times times;
  const auto* transfer = std::get_if<Collective>(&plan.operations[index].work);
  const bool message = transfer != nullptr && (transfer->operation == send || transfer->operation == pull || transfer->operation == push);
  if (message && messages == Messages::between_all) {
    add_messages(plan.communicators[static_cast<std::size_t>(transfer->communicator)], transfer->operation, index, ranks, times);
    return times;
  }
  for (const RankLog& log : ranks)
    for (const RankLog::Interval& interval : log.operations[index])
      times.busy.push_back(interval.busy), times.wait.push_back(interval.wait);
  return times;
}

OperationTime operation_time(const StepPlan& plan, std::size_t index, const std::vector<RankLog>& ranks, Messages messages) {
  const Times times = times_of(plan, index, ranks, messages);
  OperationTime time;
  time.operation = static_cast<int>(index);
  time.name = plan.operations[index].name;
  if (times.busy.empty()) return time;
  const Quantiles spread = quantiles(times.busy);
  time.median = spread.median, time.p10 = spread.p10, time.p90 = spread.p90;
  time.wait = quantiles(times.wait).median;
  return time;
}

/// The end of each step on the rank that is last, from the common origin.
std::vector<Seconds> last_ends(const std::vector<RankLog>& ranks) {
  std::vector<Seconds> ends(ranks.front().step_ends.size());
  for (const RankLog& log : ranks)
    for (std::size_t i = 0; i < ends.size(); ++i) ends[i] = std::max(ends[i], log.step_ends[i] - log.origin);
  return ends;
}

/// The means of the losses that the ranks with the loss saw.
std::vector<double> mean_losses(const std::vector<RankLog>& ranks) {
  std::vector<double> means;
  double logs = 0;
  for (const RankLog& log : ranks) {
    if (log.losses.empty()) continue;
    means.resize(log.losses.size());
    for (std::size_t i = 0; i < means.size(); ++i) means[i] += log.losses[i];
    logs += 1;
  }
  for (double& mean : means) mean /= logs;
  return means;
}

std::vector<InputTime> input_times(const std::vector<RankLog>& ranks) {
  std::vector<InputTime> times;
  double readers = 0;
  for (const RankLog& log : ranks) {
    if (log.input.empty()) continue;
    times.resize(log.input.size());
    for (std::size_t i = 0; i < times.size(); ++i) {
      times[i].read += log.input[i].read, times[i].decode += log.input[i].decode;
      times[i].wait = std::max(times[i].wait, log.input[i].wait);
    }
    readers += 1;
  }
  for (InputTime& time : times) time.read = time.read / readers, time.decode = time.decode / readers;
  return times;
}

}  // namespace

std::vector<OperationTime> operation_times(const Workload& workload, const StepPlan& plan, const std::vector<RankLog>& ranks,
                                           Messages messages) {
  std::vector<OperationTime> times;
  const std::vector<std::string> labels = labels_of(workload, plan);
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    times.push_back(operation_time(plan, i, ranks, messages));
    times.back().layer = labels[i];
  }
  return times;
}

TrainResult summarise(const Workload& workload, const StepPlan& plan, const std::vector<RankLog>& ranks) {
  assert(!ranks.empty());
  TrainResult result;
  result.ranks = static_cast<int>(ranks.size());
  result.step_times = differences(last_ends(ranks));
  if (result.step_times.empty()) return result;  // a checkpoint held all steps
  result.losses = mean_losses(ranks);
  result.input = input_times(ranks);
  for (const RankLog& log : ranks) result.rank_medians.push_back(quantiles(differences(log.step_ends)).median);
  result.operations = operation_times(workload, plan, ranks, Messages::between_all);
  const Quantiles spread = quantiles(result.step_times);
  result.median = spread.median, result.p10 = spread.p10, result.p90 = spread.p90;
  return result;
}

}  // namespace forerun
