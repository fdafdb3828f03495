#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cherrypick/features.hpp"
#include "cherrypick/search.hpp"

/// Searches over runs that were all made before: how many a search would have needed.
namespace forerun::cherrypick {

/// A job and what came of it on each configuration.
struct MeasuredJob {
  std::string name;
  std::string group;  ///< jobs of one application: history leaves all of them out
  std::vector<std::string> configurations;
  std::vector<Description> descriptions;
  std::vector<DollarsPerSecond> rates;
  std::vector<Result> results;
  std::vector<std::optional<Seconds>> predicted{};  ///< times that a model gave without them, where it gave one; empty without any
};

/// The job on those of its configurations that `wanted` takes.
MeasuredJob keep_if(const MeasuredJob& job, const std::function<bool(const Description&)>& wanted);

enum class Method {
  random,     ///< a permutation
  plain,      ///< GP-EI as published: counts as features, maximum likelihood, three Sobol points
  cold,       ///< ours without anything known before
  history,    ///< ours with the jobs of other groups
  predicted,  ///< ours with what a model predicted of each job (MeasuredJob::predicted)
  shuffled    ///< the same, each past job's results permuted over its configurations: a history that means nothing
};

/// How searches are replayed.
struct Protocol {
  Method method = Method::cold;
  Objective objective = Objective::cost;
  int seeds = 20;
  int most_runs = 0;            ///< 0: as many as there are configurations
  double deadline_share = 0;    ///< the deadline is this quantile of the times of runs that went well; 0: no deadline
  double noise = 0;             ///< of a run's time, deviation of the logarithm
  int confirm = 0;              ///< so many of ten runs are the best candidates once more, before the answer
  double simulator_error = -1;  ///< deviation of the logarithm of a simulator that knows which runs fail; negative: no simulator
  double stop_improvement = 0;  ///< StoppingRule::improvement, after which it goes on to be measured; 0: it never stops
};

/// One search. Ratios are of the best value of a run within the limits so far over the best there is; before there is one, of the worst
/// that went well. Without noise.
struct Trajectory {
  int job = 0;
  std::vector<double> ratios;  ///< after each run
  int runs_to_5_percent = 0;   ///< most_runs where it never came so near
  int violations_of_10 = 0;    ///< of the first ten runs, those that failed or missed the deadline
  int runs_at_stop = 0;        ///< all that were made, where it did not stop
  double ratio_at_stop = 0;
  double answer_of_10 = 0;  ///< ratio of what the search would have answered after ten runs, or after all where there are fewer
};

/// Every job with every seed, jobs first. Precondition of Method::predicted: predictions of each job.
std::vector<Trajectory> replay(const std::vector<MeasuredJob>& jobs, const Protocol& protocol);

}  // namespace forerun::cherrypick
