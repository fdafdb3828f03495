#pragma once

#include <optional>
#include <span>
#include <vector>

#include "cherrypick/replay.hpp"

namespace forerun::cherrypick {

/// Mean, median and nine tenths' bound of a pooled sample.
struct Spread {
  double mean = 0;
  double median = 0;
  double p90 = 0;
};
Spread spread_of(std::vector<double> values);

/// Of trajectories: the ratio after `runs` runs. A search that ended before keeps its last.
Spread ratio_after(std::span<const Trajectory> trajectories, int runs);
Spread runs_to_5_percent(std::span<const Trajectory> trajectories);

/// What a random order gives on average, exactly: the mean over jobs of
///   E[ratio_k] = sum over values of value / best x P(it is the least of the first k),   E[runs to 5 %] = (N + 1) / (good + 1)
/// by the hypergeometric distribution; N = configurations, good = those within 5 % of the best.
struct RandomOrder {
  double ratio_after_6 = 0;
  double ratio_after_10 = 0;
  double ratio_after_15 = 0;
  double runs_to_5_percent = 0;
};
RandomOrder exact_random(const std::vector<MeasuredJob>& jobs, Objective objective);

/// Spearman's: the correlation of ranks, ties in the middle of theirs, of what was predicted of a job with what came of it: costs, or times
/// where time is the objective, over the runs that went well and were predicted. Nothing of fewer than two different values.
std::optional<double> rank_correlation(const MeasuredJob& job, Objective objective);

/// How much better one method is after so many runs, over jobs: the geometric mean of the quotient of mean ratios, and bounds that hold 95
/// % of 2,000 bootstrap samples of the jobs. Both replays over the same jobs.
struct Advantage {
  double quotient = 1;
  double least = 1;
  double most = 1;
  int wins = 0;
  int losses = 0;
};
Advantage advantage(std::span<const Trajectory> of, std::span<const Trajectory> over, int runs);

}  // namespace forerun::cherrypick
