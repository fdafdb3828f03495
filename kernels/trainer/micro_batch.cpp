#include "kernels/trainer/micro_batch.hpp"

#include <algorithm>
#include <cstddef>

#include "kernels/layer_arrays.hpp"

namespace forerun {

MicroBatch::MicroBatch(const Workload& workload, const StageChunk& chunk, const std::vector<Shard>& shards, std::int64_t samples,
                       const std::vector<LayerBuffers>& parameters, Device& device)
    : device_(device),
      precision_(workload.precision),
      samples_(samples),
      sample_elements_(workload.input.elements()),
      positions_(workload.layers.back().shape.input.positions()),
      activations_(workload, chunk, samples, device),
      buffers_(parameters),
      kept_(workload.layers.size()),
      shared_(workload.layers.size()),
      begun_(workload.layers.size()) {
  activations_.connect(buffers_);
  for (int layer = chunk.first; layer < chunk.last; ++layer) {
    keep(workload, static_cast<std::size_t>(layer));
    shared_[static_cast<std::size_t>(layer)] = shared_layer(shards[static_cast<std::size_t>(layer)], samples, buffers(layer), device);
  }
}

void MicroBatch::begin(int layer, Pass pass) {
  const std::int8_t now = pass == Pass::forward ? 1 : 2;
  std::int8_t& begun = begun_[static_cast<std::size_t>(layer)];
  if (begun == now) return;
  begun = now;
  if (pass != Pass::forward) activations_.gather_gradient(layer);
  if (shared(layer) != nullptr) shared(layer)->begin(pass, buffers(layer));
}

void MicroBatch::keep(const Workload& workload, std::size_t layer) {
  const auto room = [](std::int64_t elements) { return static_cast<std::size_t>(elements); };
  const LayerShape& shape = workload.layers[layer].shape;
  const std::int64_t outputs = samples_ * shape.output.elements();
  Kept& kept = kept_[layer];
  LayerBuffers& buffers = buffers_[layer];
  if (shape.kind == LayerKind::max_pool) kept.indices = {device_, room(outputs)};
  if (shape.kind == LayerKind::dropout) kept.mask = {device_, room(outputs)};
  kept.statistics = {device_, room(statistics_elements(shape, samples_))};
  buffers.mask = kept.mask.data(), buffers.statistics = kept.statistics.data();
  if (workload.layers[layer].by_position) {
    number_positions(shape.output.positions(), kept);
    buffers.picked = kept.indices.data();
  } else if (source_of(workload, workload.layers[layer].inputs.front()) == kData) {
    (shape.kind == LayerKind::embedding ? reads_tokens_ : reads_samples_).push_back(static_cast<int>(layer));
  }
  buffers.indices = kept.indices.data();
}

void MicroBatch::number_positions(std::int64_t positions, Kept& kept) {
  std::vector<std::int32_t> numbers(static_cast<std::size_t>(samples_ * positions));
  for (std::size_t p = 0; p < numbers.size(); ++p) numbers[p] = static_cast<std::int32_t>(static_cast<std::int64_t>(p) % positions);
  kept.indices = {device_, numbers.size()};
  device_.upload(numbers.data(), numbers.size() * sizeof(std::int32_t), kept.indices.data());
}

void MicroBatch::take_up(const PlacedBatch& batch, int number, std::int64_t step, float* loss) {
  number_ = number;
  std::ranges::fill(begun_, 0);
  const std::int64_t first = number * samples_;  // of the rank's batch
  for (LayerBuffers& layer : buffers_) {
    layer.step = step;
    layer.first_sample = batch.first + first;
  }
  for (const int layer : reads_samples_) buffers(layer).input = offset_by(batch.samples, first * sample_elements_, precision_);
  for (const int layer : reads_tokens_) buffers(layer).picked = batch.tokens + first * positions_;
  buffers_.back().labels = batch.labels + first * positions_;
  buffers_.back().loss = loss;
}

}  // namespace forerun
