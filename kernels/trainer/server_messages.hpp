#pragma once

#include <array>
#include <span>

#include "core/plan.hpp"
#include "kernels/trainer/served.hpp"

namespace forerun {

/// What asynchronous workers and servers send one another beside variables and gradients, whose tags are their operations' numbers.
struct ServerTags {
  explicit ServerTags(const StepPlan& plan) : ask(static_cast<int>(plan.operations.size())), applied(ask + 1), count(ask + 2) {}

  int ask;      ///< of a worker: kPull or kLeave
  int applied;  ///< a server's, once it has applied all that the worker sent: an Applied
  int count;
};

/// The first number of an ask.
inline constexpr float kPull = 1;
inline constexpr float kLeave = 0;

/// What a server says of gradients that it has applied.
struct Applied {
  std::array<float, 2> numbers{};

  [[nodiscard]] std::span<float> span() { return numbers; }
  /// Rounds that are over.
  [[nodiscard]] float& rounds() { return numbers[0]; }
  /// From when the last of them was there until it was applied.
  [[nodiscard]] float& stay_s() { return numbers[1]; }
};

}  // namespace forerun
