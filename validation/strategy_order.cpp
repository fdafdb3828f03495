#include "validation/strategy_order.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace forerun {
namespace {

/// Seconds that one sample takes, from a value of a metric.
std::optional<double> per_sample(const ScoredRun& row, double value) {
  if (row.metric == "step_time_s" && row.batch > 0) return value / static_cast<double>(row.batch);
  if (row.metric == "throughput_samples_per_s" && value > 0) return 1 / value;
  return std::nullopt;
}

/// All rows of one strategy.
struct Strategies {
  std::vector<double> measured;
  std::vector<double> predicted;
  double least = 0;
  double greatest = 0;

  void add(const ScoredRun& row) {
    measured.push_back(*per_sample(row, *row.measured));
    predicted.push_back(*per_sample(row, *row.predicted));
    for (const std::optional<double>& value : {row.measured, row.measured_p10, row.measured_p90}) {
      if (!value) continue;
      const double each = *per_sample(row, *value);
      least = measured.size() == 1 && value == row.measured ? each : std::min(least, each);
      greatest = std::max(greatest, each);
    }
  }
};

void compare(const std::string& subject, const std::pair<const std::string, Strategies>& one,
             const std::pair<const std::string, Strategies>& other, double margin, StrategyOrder& order) {
  const bool one_first = median(one.second.measured) < median(other.second.measured);
  const auto& [fast_name, fast] = one_first ? one : other;
  const auto& [slow_name, slow] = one_first ? other : one;
  const double measured_ratio = median(slow.measured) / median(fast.measured);
  if (fast.greatest >= slow.least || measured_ratio <= 1 + margin) return;
  ++order.pairs;
  const double predicted_ratio = median(slow.predicted) / median(fast.predicted);
  if (predicted_ratio > 1)
    ++order.ordered;
  else
    order.wrong.push_back({subject, fast_name, slow_name, measured_ratio, predicted_ratio});
}

}  // namespace

std::vector<StrategyOrder> strategy_order(std::span<const ScoredRun> rows, double margin) {
  std::vector<StrategyOrder> orders;
  for (const ScoredRun& first : rows) {
    if (std::ranges::find(orders, first.engine, &StrategyOrder::engine) != orders.end()) continue;
    StrategyOrder& order = orders.emplace_back();
    order.engine = first.engine;
    std::map<std::string, std::map<std::string, Strategies>> subjects;
    for (const ScoredRun& row : rows)
      if (row.engine == first.engine && row.error && per_sample(row, *row.measured))
        subjects[row.subject + " on " + std::to_string(row.ranks) + " ranks"][row.strategy].add(row);
    for (const auto& [subject, strategies] : subjects)
      for (auto one = strategies.begin(); one != strategies.end(); ++one)
        for (auto other = std::next(one); other != strategies.end(); ++other) compare(subject, *one, *other, margin, order);
    std::ranges::sort(order.wrong, std::greater(), &StrategyPair::measured_ratio);
  }
  return orders;
}

}  // namespace forerun
