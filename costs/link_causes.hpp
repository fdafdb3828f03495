#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/scenario.hpp"
#include "costs/sampled_calibration.hpp"

/// How far off links may be.
namespace forerun {

/// The standard deviation of the logarithm that a fit left of a property, by its P10 and P90. Empty where the calibration was not fitted,
/// where the property was kept, and where `value` is another than the fit's: a setting stands above it.
std::optional<double> fitted_deviation(const Calibration& calibration, std::string_view property, double value);

/// Adds the causes of the links that the ranks use:
///   bandwidth inside, between nodes   each by the spread given; a share or a bandwidth that was fitted by what the fit left of it, and a
///                                     share 1 at most
///   messages                          both latencies and the overhead of a collective, together; those that were fitted each by itself
///   protocols                         what NCCL's protocols carry at most, and a switch that adds up
///   all-reduces                       where they were measured as a whole: the median deviation of their samples
void add_link_causes(const Scenario& scenario, const Spreads& spreads, std::vector<Cause>& list);

}  // namespace forerun
