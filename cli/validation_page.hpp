#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/output.hpp"
#include "validation/fit.hpp"
#include "validation/strategy_order.hpp"

namespace forerun {

/// All that `validate` found out.
struct Validation {
  struct Fitted {
    std::string engine;
    FittedScale scale;
  };
  std::vector<ScoredRun> rows;
  std::vector<GroupScore> groups;
  std::vector<StrategyOrder> orders;
  std::vector<Fitted> fitted;
  std::optional<Unknown> unknown;
  std::vector<Explanation> explanations;
  std::optional<double> tolerance;

  /// Whether each group's median error is within the tolerance, no row was denied, and anything was scored at all. Without a tolerance,
  /// always.
  [[nodiscard]] bool within_tolerance() const;
};

Page validation_page(const Validation& validation);

}  // namespace forerun
