#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/workload.hpp"
#include "kernels/operator.hpp"
#include "kernels/trainer/activations.hpp"
#include "kernels/trainer/device.hpp"
#include "kernels/trainer/placed_batch.hpp"
#include "kernels/trainer/shared_layer.hpp"

namespace forerun {

/// What the layers of a chunk have of one micro-batch: the arrays that they hand one another, and those that each keeps between its passes.
/// One serves micro-batch after micro-batch.
class MicroBatch {
 public:
  /// Every layer's buffers begin as those of `parameters`, which are the same for all micro-batches. `shards`: what the rank has of each
  /// layer.
  MicroBatch(const Workload& workload, const StageChunk& chunk, const std::vector<Shard>& shards, std::int64_t samples,
             const std::vector<LayerBuffers>& parameters, Device& device);

  /// The micro-batch of that number of the batch, which must outlive its passes; the mean of its losses goes to `loss`,
  /// on the device.
  void take_up(const PlacedBatch& batch, int number, std::int64_t step, float* loss);
  /// The one that is taken up; -1: none.
  [[nodiscard]] int number() const { return number_; }
  /// Leaves what was taken up.
  void drop() { number_ = -1; }

  [[nodiscard]] LayerBuffers& buffers(int layer) { return buffers_[static_cast<std::size_t>(layer)]; }
  [[nodiscard]] Activations& activations() { return activations_; }
  /// What a layer's forward pass, or its backward passes, work on is there after the first call.
  void begin(int layer, Pass pass);
  /// The arrays of a layer's part; null where it has none of its own.
  [[nodiscard]] SharedLayer* shared(int layer) { return shared_[static_cast<std::size_t>(layer)].get(); }

 private:
  /// What a layer keeps from its forward pass.
  struct Kept {
    DeviceArray<std::int32_t> indices;  ///< of maxima, or the number of each position in its sample
    DeviceArray<std::uint8_t> mask;
    DeviceArray<float> statistics;
  };

  void keep(const Workload& workload, std::size_t layer);
  void number_positions(std::int64_t positions, Kept& kept);

  Device& device_;
  Precision precision_;
  std::int64_t samples_;
  std::int64_t sample_elements_;
  std::int64_t positions_;  // of a sample, that have a label each
  Activations activations_;
  std::vector<LayerBuffers> buffers_;  // one a layer of the workload
  std::vector<Kept> kept_;
  std::vector<std::unique_ptr<SharedLayer>> shared_;  // by layer
  std::vector<std::int8_t> begun_;                    // by layer, 1: forward, 2: backward
  std::vector<int> reads_samples_;                    // layers that read the sample, images or vectors
  std::vector<int> reads_tokens_;
  int number_ = -1;
};

}  // namespace forerun
