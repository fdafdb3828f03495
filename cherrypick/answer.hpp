#pragma once

#include <optional>
#include <vector>

#include "cherrypick/goal.hpp"
#include "cherrypick/surrogate.hpp"

namespace forerun::cherrypick {

/// A candidate that ran, as the surrogate sees it after all runs: the median, and what nine tenths of the belief lie between.
struct Estimate {
  int candidate = 0;
  Dollars cost;
  Dollars least_cost;
  Dollars most_cost;
  Seconds time;
  Seconds least_time;
  Seconds most_time;
};

/// What a search has found.
struct Answer {
  std::optional<Estimate> best{};  ///< nothing where no run was within the limits
  std::optional<Estimate> runner_up{};
  std::optional<double> chance_of_better{};  ///< that some candidate that was not tried is more than 5 % better than the best
  std::vector<int> front{};                  ///< of runs within the limits, by rising cost
  std::optional<double> trust{};             ///< the weight of the simulator's predictions
  double noise = 0;                          ///< of runs, as a deviation of the logarithm
};

/// The belief of a candidate's latent quantity as cost and time.
Estimate estimate(const Surrogate& surrogate, const Latent& latent, const Candidate& candidate, int id);

/// The probability that some of `others` is more than 5 % better than `best` and within its limit. Joint, by 2,000 draws for each member of
/// the surrogate, over the 64 others that are likeliest to be so; what is left out makes it a little too small.
double chance_of_better(const Surrogate& surrogate, int best, const std::vector<int>& others, const std::vector<double>& limits,
                        std::uint64_t seed);

}  // namespace forerun::cherrypick
