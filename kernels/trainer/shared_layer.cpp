#include "kernels/trainer/shared_layer.hpp"

namespace forerun {

SharedLayer::SharedLayer(const Shard& shard, std::int64_t batch, cpu::LayerBuffers& buffers)
    : shard_(&shard),
      batch_(batch),
      whole_input_(buffers.input),
      whole_output_(buffers.output),
      whole_output_gradient_(buffers.output_gradient),
      whole_input_gradient_(buffers.input_gradient),
      value_(static_cast<std::size_t>(shard.activations(batch, shard.part).elements())),
      gradient_(value_.size()) {
  if (shard.share == Share::filters) {
    buffers.output = value_.data();
    buffers.output_gradient = gradient_.data();
  } else {
    buffers.input = value_.data();
    buffers.input_gradient = gradient_.data();
  }
}

void SharedLayer::take_part(Pass pass) {
  const Slice part = shard_->activations(batch_, shard_->part);
  if (shard_->share == Share::channels && pass == Pass::forward) take(whole_input_, part, value_.data());
  if (shard_->share == Share::filters && pass != Pass::forward) take(whole_output_gradient_, part, gradient_.data());
}

SharedActivation SharedLayer::left_by(Pass pass) {
  const bool forward = pass == Pass::forward;
  const TensorShape& tensor = forward ? shard_->whole.output : shard_->whole.input;
  const std::span<float> whole(forward ? whole_output_ : whole_input_gradient_, static_cast<std::size_t>(batch_ * tensor.elements()));
  const bool is_part = forward == (shard_->share == Share::filters);
  if (!is_part) return {shard_, batch_, {}, whole};
  return {shard_, batch_, forward ? value_.span() : gradient_.span(), whole};
}

}  // namespace forerun
