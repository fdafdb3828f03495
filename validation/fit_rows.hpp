#pragma once

#include <Eigen/Core>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "validation/fittable.hpp"
#include "validation/score.hpp"

namespace forerun {

/// Where a message about a row points to.
Text place_of(const Case& measured);

/// The rows of a fit that say something, and copies of their scenarios that share one calibration, whose figures the search changes.
/// The cases and the predictor outlive it.
class FitRows {
 public:
  /// BadInput: fewer than two usable rows of `file`, or rows of several calibrations or of several scales of one.
  FitRows(std::span<const Case> cases, const std::string& file, const Predictor& predict);

  [[nodiscard]] std::span<const Case* const> used() const { return used_; }
  /// Why the others are left out.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

  /// What the rows' machines say of a property before the fit; empty where none has it. BadInput where they differ, or, of a platform's
  /// property, where rows are of several platforms.
  [[nodiscard]] std::optional<double> published(const Fittable& property) const;

  /// Whether the rows' calibration has the property, or a fit of it begins at its start.
  [[nodiscard]] bool has(const Fittable& property) const;

  /// log(predicted / measured) of times, and its negative of rates, under these logarithms of values. Not a number where there is no
  /// prediction.
  Eigen::VectorXd residuals(std::span<const Fittable* const> unknowns, const Eigen::VectorXd& logs);

  /// The platforms as they were given.
  void restore();

  /// The calibration of the latest residuals.
  [[nodiscard]] const Calibration& calibration() const { return *calibration_; }

 private:
  void take(const Case& measured);

  const Predictor& predict_;
  std::vector<const Case*> used_;
  std::vector<std::string> warnings_;
  std::vector<Scenario> scenarios_;
  std::shared_ptr<Calibration> calibration_;
};

}  // namespace forerun
