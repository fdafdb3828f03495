#pragma once

#include "core/units.hpp"

namespace forerun {

/// What a device holds during a training step.
struct StepMemory {
  Bytes weights;
  Bytes gradients;
  Bytes optimizer;             ///< the optimizer's state, and the float32 master weights of mixed precision
  Bytes activations;           ///< the input batch, and what waits for the backward pass
  Bytes activation_gradients;  ///< that are there at once
  Bytes context;               ///< of the framework: the code of its kernels, and what it keeps for itself

  [[nodiscard]] constexpr Bytes total() const { return weights + gradients + optimizer + activations + activation_gradients + context; }
  friend constexpr bool operator==(const StepMemory&, const StepMemory&) = default;
};

}  // namespace forerun
