#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <vector>

namespace forerun {

/// The quantile of a sorted sample of quantities or numbers, by linear interpolation between its order statistics (type 7 of
/// Hyndman & Fan 1996): at position share (n - 1), counted from 0. share in [0, 1]; needs one value at least.
template <class Value>
Value quantile(const std::vector<Value>& sorted, double share) {
  assert(!sorted.empty());
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace forerun
