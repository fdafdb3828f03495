#pragma once

#include <cmath>
#include <numbers>

/// The standard normal distribution, and what P10 and P90 say of a quantity whose logarithm is normal.
namespace forerun {

/// The deviation below which nine tenths of it lie.
inline constexpr double kNormal90 = 1.2815515655446004;

/// The share of it that lies below z deviations.
inline double normal_distribution(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }

/// The standard deviation of the logarithm: log(p90 / p10) / (2 x 1.28155). 0 < p10 <= p90.
inline double log_deviation(double p10, double p90) { return std::log(p90 / p10) / (2 * kNormal90); }

}  // namespace forerun
