#include <algorithm>

#include "kernels/trainer/asynchronous.hpp"
#include "kernels/trainer/operation_times.hpp"
#include "kernels/trainer/quantiles.hpp"

namespace forerun {

namespace {

/// A worker's cycle, at whose end all that it computed was applied.
struct Cycle {
  Seconds end;  // since its rank's origin
  double loss = 0;
};

std::vector<Cycle> cycles_of(const std::vector<RankLog>& ranks) {
  std::vector<Cycle> cycles;
  for (const RankLog& log : ranks)
    for (std::size_t i = 0; i < log.losses.size(); ++i) cycles.push_back({log.step_ends[i] - log.origin, log.losses[i]});
  std::ranges::stable_sort(cycles, {}, &Cycle::end);
  return cycles;
}

/// Takes the operations that began and ended between two dates, both since a rank's origin.
std::vector<RankLog> between(std::vector<RankLog> ranks, Seconds from, Seconds to) {
  for (RankLog& log : ranks)
    for (auto& operation : log.operations)
      std::erase_if(operation, [&](const RankLog::Interval& interval) {
        const Seconds start = interval.start - log.origin;
        return start < from || start + interval.busy > to;
      });
  return ranks;
}

std::vector<std::int64_t> staleness_of(const std::vector<RankLog>& ranks, std::size_t first, std::size_t last) {
  std::vector<std::int64_t> all;
  for (const RankLog& log : ranks)
    for (std::size_t update = first; update < std::min(last, log.staleness.size()); ++update) all.push_back(log.staleness[update]);
  std::ranges::sort(all);
  return all;
}

}  // namespace

TrainResult summarise_asynchronous(const Scenario& scenario, const StepPlan& plan, std::int64_t warm_up,
                                   const std::vector<RankLog>& ranks) {
  const auto workers = static_cast<std::size_t>(scenario.strategy.data);
  const auto first = static_cast<std::size_t>(warm_up) * workers;
  const std::size_t last = first + static_cast<std::size_t>(scenario.run.steps.value_or(0)) * workers;
  const std::vector<Cycle> cycles = cycles_of(ranks);
  TrainResult result;
  std::vector<Seconds> ends{first == 0 ? Seconds(0) : cycles[first - 1].end};
  for (std::size_t round = first; round < last; round += workers) {
    double sum = 0;
    for (std::size_t cycle = round; cycle < round + workers; ++cycle) sum += cycles[cycle].loss;
    result.losses.push_back(sum / static_cast<double>(workers));
    ends.push_back(cycles[round + workers - 1].end);
  }
  result.ranks = static_cast<int>(ranks.size());
  result.step_times = differences(ends);
  const Quantiles spread = quantiles(result.step_times);
  result.median = spread.median, result.p10 = spread.p10, result.p90 = spread.p90;
  for (const RankLog& log : ranks) {
    const std::vector<Seconds> own = differences(log.step_ends);
    result.rank_medians.push_back(own.empty() ? result.median : quantiles(own).median);
  }
  result.operations = operation_times(scenario.workload, plan, between(ranks, ends.front(), ends.back()), Messages::of_each_rank);
  result.staleness = staleness_of(ranks, first, last);
  return result;
}

}  // namespace forerun
