#pragma once

#include <cstdint>
#include <limits>

namespace forerun {

/// Every whole number up to here is exact as a double.
inline constexpr std::int64_t kMostExact = std::int64_t{1} << 53;

/// A seed is written and read as a signed integer.
inline constexpr std::int64_t kMostSeed = std::numeric_limits<std::int64_t>::max();

}  // namespace forerun
