#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "validation/fit.hpp"
#include "validation/property_fit.hpp"
#include "validation/selection.hpp"
#include "validation/strategy_order.hpp"

/// Engines held against measured runs.
namespace forerun {

/// All that was found out.
struct Validation {
  struct Fitted {
    std::string engine;
    FittedScale scale;
  };
  std::vector<ScoredRun> rows;
  ScoreBy by = ScoreBy::group;
  std::vector<GroupScore> groups;  ///< or devices
  std::vector<StrategyOrder> orders;
  struct FittedProperties {
    std::string engine;
    FittedRows rows;
  };
  std::vector<const Fittable*> properties;  ///< to be fitted in the place of the compute scale
  std::vector<Fitted> fitted;
  std::vector<FittedProperties> fitted_properties;
  std::optional<Unknown> unknown;
  std::vector<Explanation> explanations;
  std::optional<double> tolerance;

  /// Whether the median error of each group, or device, is within the tolerance, no row was denied, and anything was scored at all. Without
  /// a tolerance, always.
  [[nodiscard]] bool within_tolerance() const;
};

/// Rows with an error.
std::int64_t scored_rows(const Validation& validation);
/// Rows that ran and were predicted not to.
std::int64_t denied_rows(const Validation& validation);

/// An engine by its name, its point values, and the same with P10 and P90.
struct NamedEngine {
  std::string name;
  Predictor predict;
  Predictor with_interval;
  Predictor fit = {};  ///< what properties are fitted with; none: `predict`
};

/// Adds an engine's rows: the compute scale, or `validation.properties` where there are any, fitted to those that the split fits, where it
/// names any, the scores of those that it scores under that, and the value of `validation.unknown` that explains each of these, where one
/// is asked for.
void add_engine(const NamedEngine& engine, std::span<const Case> cases, const Split& split, Validation& validation);

/// Adds what all rows together say: groups or devices, and the order of strategies.
void sum_up(Validation& validation);

}  // namespace forerun
