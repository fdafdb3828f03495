#include "kernels/trainer/quantiles.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace forerun {

namespace {

Seconds quantile(const std::vector<Seconds>& sorted, double fraction) {
  const double position = fraction * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - std::floor(position)) * (sorted[above] - sorted[below]);
}

}  // namespace

Quantiles quantiles(std::vector<Seconds> values) {
  assert(!values.empty());
  std::ranges::sort(values);
  return {quantile(values, 0.1), quantile(values, 0.5), quantile(values, 0.9)};
}

}  // namespace forerun
