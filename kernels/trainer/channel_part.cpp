#include "kernels/trainer/channel_part.hpp"

namespace forerun {

ChannelPart::ChannelPart(const Shard& shard, std::int64_t batch, LayerBuffers& buffers, Device& device)
    : device_(device),
      shard_(shard),
      batch_(batch),
      whole_input_(buffers.input),
      whole_output_(buffers.output),
      whole_output_gradient_(buffers.output_gradient),
      whole_input_gradient_(buffers.input_gradient),
      value_(device, static_cast<std::size_t>(shard.activations(batch, shard.part).elements())),
      gradient_(device, value_.size()),
      gathered_(device, value_.size() * static_cast<std::size_t>(shard.parts)) {
  if (shard.share == Share::filters) {
    buffers.output = value_.data();
    buffers.output_gradient = gradient_.data();
  } else {
    buffers.input = value_.data();
    buffers.input_gradient = gradient_.data();
  }
}

void ChannelPart::begin(Pass pass, LayerBuffers& buffers) {
  const Slice part = shard_.activations(batch_, shard_.part);
  if (shard_.share == Share::channels && pass == Pass::forward) {
    if (buffers.input != value_.data()) whole_input_ = buffers.input;  // the samples of a micro-batch
    buffers.input = value_.data();
    device_.take_slice(whole_input_, part, value_.data());
  }
  if (shard_.share == Share::filters && pass != Pass::forward) device_.take_slice(whole_output_gradient_, part, gradient_.data());
}

// The rank's filters leave a part of the outputs, and a summand of the inputs' gradient; its channels the other way round.
void ChannelPart::exchange(const PlannedExchange& planned, RankGroup& group) {
  const bool forward = planned.pass == Pass::forward;
  const std::int64_t elements = batch_ * (forward ? shard_.whole.output : shard_.whole.input).elements();
  const std::span<float> whole(forward ? whole_output_ : whole_input_gradient_, static_cast<std::size_t>(elements));
  require_planned(planned, elements);
  if (planned.transfer->operation == Collective::Operation::all_reduce) return group.all_reduce(whole);
  group.all_gather(forward ? value_.span() : gradient_.span(), gathered_.span());
  for (int member = 0; member < shard_.parts; ++member)
    device_.put_slice(gathered_.data() + static_cast<std::size_t>(member) * value_.size(), shard_.activations(batch_, member),
                      whole.data());
}

}  // namespace forerun
