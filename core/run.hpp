#pragma once

#include <cstdint>
#include <optional>

namespace forerun {

/// A run of more steps is bad input: up to here a count of steps is exact as a double, and its products stay far from overflow.
inline constexpr std::int64_t kMostSteps = 1'000'000'000'000'000;

/// What is to be done, in steps or in epochs (steps hold where both are given). Without steps or epochs a prediction gives the asymptotic
/// step.
struct Run {
  std::optional<std::int64_t> steps;
  std::optional<double> epochs;
  std::uint64_t seed = 1;

  friend bool operator==(const Run&, const Run&) = default;
};

}  // namespace forerun
