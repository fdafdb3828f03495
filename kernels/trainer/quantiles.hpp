#pragma once

#include <vector>

#include "core/units.hpp"

namespace forerun {

/// Median and the tenth and ninetieth percentile.
struct Quantiles {
  Seconds p10;
  Seconds median;
  Seconds p90;
};

/// Quantiles of a sample as quantile() interpolates them. Needs one value at least.
Quantiles quantiles(std::vector<Seconds> values);

/// From each date to the next.
std::vector<Seconds> differences(const std::vector<Seconds>& dates);

}  // namespace forerun
