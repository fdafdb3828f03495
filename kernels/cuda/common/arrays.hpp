#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/operator.hpp"

/// What operators of layers with weights have in common on a GPU.
namespace forerun::cuda {

/// The weights that products read, with the biases behind them: in bf16 those that rounding left.
inline std::byte* read_weights(Precision precision, const LayerBuffers& b) {
  return static_cast<std::byte*>(precision == Precision::bf16 ? b.rounded_weights : b.weights);
}

/// Throws MissingCapability where so many are more than 32 bits count: "`what` of more than 2^31 - 1 `counted` on a GPU".
void require_int(std::int64_t count, const char* what, const char* counted = "elements");

}  // namespace forerun::cuda
