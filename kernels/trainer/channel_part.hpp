#pragma once

#include "kernels/trainer/device.hpp"
#include "kernels/trainer/shared_layer.hpp"

namespace forerun {

/// A layer whose filters or channels are shared out, between activations that are whole on every rank.
class ChannelPart final : public SharedLayer {
 public:
  ChannelPart(const Shard& shard, std::int64_t batch, LayerBuffers& buffers, Device& device);

  void begin(Pass pass, LayerBuffers& buffers) override;
  void exchange(const PlannedExchange& planned, RankGroup& group) override;

 private:
  Device& device_;
  const Shard& shard_;
  std::int64_t batch_;
  const float* whole_input_;
  float* whole_output_;
  const float* whole_output_gradient_;
  float* whole_input_gradient_;
  DeviceArray<float> value_;     // the part of the outputs, or of the inputs
  DeviceArray<float> gradient_;  // and of their gradient
  DeviceArray<float> gathered_;  // one rank's part after another's
};

}  // namespace forerun
