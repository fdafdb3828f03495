#pragma once

#include <functional>

#include "core/infeasible.hpp"

namespace forerun::oracle {

/// What a strategy comes to.
struct Quote {
  Obstacle obstacle = Obstacle::none;
  double step_s = 0;
  double memory_bytes = 0;  ///< of the device that needs most; zero where it was not reached
  bool given_up = false;    ///< `step_s` is a bound below the step

  [[nodiscard]] bool feasible() const { return obstacle == Obstacle::none; }
};

/// Whether a strategy of at least so many seconds a step, and of this memory, is to be priced to the end.
using Hopeful = std::function<bool(double least_s, double memory_bytes)>;

}  // namespace forerun::oracle
