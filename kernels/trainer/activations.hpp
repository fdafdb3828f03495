#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/workload.hpp"
#include "kernels/operator.hpp"
#include "kernels/trainer/device.hpp"
#include "kernels/trainer/stage_chunks.hpp"

namespace forerun {

/// The layer whose output an input really is, views left aside; kData for the sample.
int source_of(const Workload& workload, int input);

/// Layers before `cut` whose outputs it or a layer behind it reads, in their order. The sample is none.
std::vector<int> crossing(const Workload& workload, int cut);

/// What the layers of a chunk hand one another, for one micro-batch: outputs on the way forward, gradients on the way back. A layer whose
/// output several others read has as gradient the sum of theirs. A sum's gradient is that of all its inputs, and no copy is made of it; a
/// view has the arrays of the layer that it looks at. What chunks before leave has its arrays here too, as of layers that are computed
/// elsewhere; the chunk behind is one more reader of what it is handed.
class Activations {
 public:
  /// The arrays lie on the device, in the workload's precision.
  Activations(const Workload& workload, const StageChunk& chunk, std::int64_t batch, Device& device);

  /// Points the layers' buffers to the arrays. The sample itself is nobody's output: what reads it is pointed to it step by step.
  void connect(std::vector<LayerBuffers>& buffers) const;

  /// Adds up the gradients of what the layer's readers left, once all of them have run backward. Nothing is to do where it has but one.
  void gather_gradient(int layer);

  /// What comes from chunks before, and what goes to the one behind: outputs, in the order of their layers, as floats_of() them.
  [[nodiscard]] std::vector<std::span<float>> arriving();
  [[nodiscard]] std::vector<std::span<float>> leaving();
  /// Their gradients, the other way: from the chunk behind, and, gathered, to the one before.
  [[nodiscard]] std::vector<std::span<float>> gradients_arriving();
  [[nodiscard]] std::vector<std::span<float>> gradients_leaving();

 private:
  struct Values {
    DeviceArray<float> own;  ///< the output; none for a view
    float* output = nullptr;
    float* gradient = nullptr;               ///< of the output; null where nothing that is trained reads it
    std::vector<DeviceArray<float>> passed;  ///< gradients of its inputs; none where they are `gradient` itself, or of no use
    std::vector<float*> input_gradients;     ///< by input
    std::vector<const float*> further;       ///< gradients that are added to `gradient`
    std::int64_t elements = 0;               ///< of the output
    bool copies_first = false;               ///< `gradient` is an array of its own, for sums alone read it
    DeviceArray<float> sum;
    std::vector<int> views;  ///< layers that look at it, whose gradients nobody else gathers
  };

  /// The gradient of a layer's output that one of its readers leaves.
  struct LeftGradient {
    float* gradient = nullptr;
    bool shared = false;  ///< it is another layer's array
  };

  void lay_outputs(const Workload& workload, const StageChunk& chunk, std::int64_t batch);
  void lay_output(const Workload& workload, int layer, std::int64_t batch);
  void pass_gradients(const LayerShape& shape, std::int64_t batch, int layer, std::vector<std::vector<LeftGradient>>& left);
  void choose_gradient(const std::vector<LeftGradient>& left, Values& values) const;
  [[nodiscard]] DeviceArray<float> room_for(std::int64_t elements) const { return {device_, floats_of(precision_, elements)}; }

  Device& device_;
  Precision precision_;
  std::vector<int> before_;                   ///< layers of chunks before that are read here or behind
  std::vector<int> behind_;                   ///< layers that are read behind
  std::vector<DeviceArray<float>> returned_;  ///< gradients of those, from there
  std::vector<std::vector<int>> inputs_;      ///< by layer; none of a layer that is not computed here
  std::vector<Values> values_;                ///< by layer
};

}  // namespace forerun
