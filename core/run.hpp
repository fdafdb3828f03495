#pragma once

#include <cstdint>
#include <optional>

namespace forerun {

/// What is to be done. Without steps or epochs a prediction gives the asymptotic step.
struct Run {
  std::optional<std::int64_t> steps;
  std::optional<double> epochs;
  std::uint64_t seed = 1;

  friend bool operator==(const Run&, const Run&) = default;
};

}  // namespace forerun
