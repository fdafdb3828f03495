#pragma once

#include <string>
#include <vector>

#include "validation/calibration_fit.hpp"
#include "validation/selection.hpp"

namespace forerun {

/// What one fit gave: the rows of a group, or of all groups together.
struct FittedRows {
  std::string group;  ///< empty: of all groups
  FitRecord record;
};

/// Fits the properties to the rows that the split fits (fit_calibration()), and puts them under the scored ones: where the split takes rows
/// of each group (`every=2`, `marked`), each group by itself; else all together. Of the properties a fit takes those that its machine has.
/// A scored row goes on with its own calibration where nothing was fitted for it: a group without fitted rows, another calibration; and
/// with its own links where they are another platform's. BadInput as fit_calibration().
std::vector<FittedRows> fit_properties(std::span<const Case> fitted, std::vector<Case>& scored, Split::Each each,
                                       const std::vector<const Fittable*>& properties, const Predictor& predict);

}  // namespace forerun
