#pragma once

#include <cstdint>
#include <span>

#include "kernels/cpu/operator.hpp"
#include "kernels/trainer/array.hpp"
#include "kernels/trainer/shard.hpp"

namespace forerun {

/// An activation or its gradient as one of the ranks that share a layer has it.
struct SharedActivation {
  const Shard* shard = nullptr;
  std::int64_t batch = 0;
  std::span<const float> own;  ///< the rank's part; empty where it is a summand of the whole
  std::span<float> whole;
};

/// The arrays of a layer's part on one rank for one micro-batch, beside the whole ones of its neighbours.
class SharedLayer {
 public:
  /// Points the layer's buffers from the whole arrays to those of the rank's part.
  SharedLayer(const Shard& shard, std::int64_t batch, cpu::LayerBuffers& buffers);

  /// Copies the rank's part out of what the layer's pass reads whole: the inputs before the forward pass, or the gradient of the outputs
  /// before the backward passes.
  void take_part(Pass pass);
  /// What a pass has left to be exchanged.
  [[nodiscard]] SharedActivation left_by(Pass pass);

 private:
  const Shard* shard_;
  std::int64_t batch_;
  const float* whole_input_;
  float* whole_output_;
  const float* whole_output_gradient_;
  float* whole_input_gradient_;
  AlignedArray<float> value_;     // the part of the outputs, or of the inputs
  AlignedArray<float> gradient_;  // and of their gradient
};

}  // namespace forerun
