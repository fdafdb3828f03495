#pragma once

#include <span>
#include <string>
#include <vector>

#include "validation/score.hpp"

namespace forerun {

/// Two strategies for the same model on as many ranks of the same platform, whose measurements tell which one is faster.
struct StrategyPair {
  std::string subject;  ///< model and ranks
  std::string faster;   ///< as measured; the strategy's text
  std::string slower;
  double measured_ratio = 1;   ///< of the middle times a sample, slower over faster, > 1
  double predicted_ratio = 1;  ///< the same as predicted: > 1 where the order is right
};

/// Whether an engine orders strategies as measurements do.
struct StrategyOrder {
  std::string engine;
  int pairs = 0;  ///< that qualify
  int ordered = 0;
  std::vector<StrategyPair> wrong;  ///< the furthest apart first
};

/// Strategies are compared by their time a sample: batches may differ. A strategy's measured range goes from the least to the greatest of
/// its rows, their P10 and P90 included; its times are the medians of its rows. A pair qualifies where the ranges do not overlap and the
/// middle times differ by more than `margin` of the smaller. Rows without an error, and of metrics that are no time a sample, do not count.
/// One entry an engine, in order of appearance.
std::vector<StrategyOrder> strategy_order(std::span<const ScoredRun> rows, double margin = 0.1);

}  // namespace forerun
