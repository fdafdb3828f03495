#pragma once

#include <span>
#include <string>
#include <vector>

#include "validation/fittable.hpp"
#include "validation/score.hpp"

namespace forerun {

/// Whose wish the unknowns are: what the user named is fitted so far as the rows tell it; named for machines of several kinds, where the
/// rows' machine has it, and one less than there are rows; of the default ones no more than one for every three rows.
enum class Wish { named, named_where_known, by_default };

/// What to fit. `file` is the file of the measured runs, for messages and for the record.
struct FitRequest {
  std::vector<const Fittable*> unknowns;
  Wish wish = Wish::by_default;
  std::string file;
};

/// A calibration under which its rows are met, with the record of how. Its name and date are the base's: the caller's to change.
///   minimise over the logarithms x of the properties
///     sum over rows of rho(log(predicted / measured) / s) + sum over properties of ((x - log published) / spread)^2
/// (validation/least_squares). Intervals are P10 and P90: Student's t of the rows beyond the unknowns, on the covariance at the minimum.
/// A property whose standard deviation stays above 0.7 of its spread is not told by the rows (they say less than what is published): the
/// worst such one is kept as published, with the reason (the rows say little of it, or cannot tell it from another), and the others are
/// fitted again. Rows that cannot be scored give nothing, and are named in the warnings. BadInput, where the row stands: rows of several
/// calibrations, or of several compute scales of one; for platforms' properties rows of several platforms or of different values of one;
/// fewer than two usable rows; no more rows than named unknowns; a named unknown that the rows' machines have not.
Calibration fit_calibration(std::span<const Case> cases, const FitRequest& request, const Predictor& predict);

}  // namespace forerun
