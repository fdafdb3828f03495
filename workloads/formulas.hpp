#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/calibration.hpp"
#include "core/units.hpp"
#include "core/workload.hpp"

/// What layers cost in arithmetic and memory, in float32. A multiply-add counts 2; the addition of a bias rides on the
/// accumulator's start and counts nothing. Counts are exact below 2^53. Everything here is free of allocation: it is priced with.
namespace forerun {

inline constexpr double kBytesPerElement = 4;  ///< float32; an index of a pooling window or a label takes as much

/// The passes that a layer has, in the order forward, backward-weights, backward-data, update.
struct Passes {
  std::array<Pass, 4> items{};
  int count = 0;

  [[nodiscard]] constexpr const Pass* begin() const { return items.data(); }
  [[nodiscard]] constexpr const Pass* end() const { return items.data() + count; }
};

enum class LayerPosition { first, later };

constexpr bool has_parameters(LayerKind kind) { return kind == LayerKind::dense || kind == LayerKind::conv2d; }

/// Layers with parameters have all four passes, the others forward and backward-data (for the loss: the gradient of the logits).
/// Nothing reads the gradient of the data set, so a network's first layer has no backward-data.
constexpr Passes passes(LayerKind kind, LayerPosition position) {
  Passes list;
  list.items[list.count++] = Pass::forward;
  if (has_parameters(kind)) list.items[list.count++] = Pass::backward_weights;
  if (position == LayerPosition::later || kind == LayerKind::softmax_cross_entropy) list.items[list.count++] = Pass::backward_data;
  if (has_parameters(kind)) list.items[list.count++] = Pass::update;
  return list;
}

constexpr LayerPosition position_of(std::size_t layer) { return layer == 0 ? LayerPosition::first : LayerPosition::later; }

/// Weights and biases:
///   dense   outputs (inputs + 1)
///   conv2d  C_out (C_in K^2 + 1)
/// inputs and outputs = elements of a sample's tensors; C = channels; K = window. Zero for other layers.
constexpr std::int64_t parameters(const LayerShape& layer) {
  switch (layer.kind) {
    case LayerKind::dense: return layer.output.elements() * (layer.input.elements() + 1);
    case LayerKind::conv2d: return layer.output.channels * (layer.input.channels * layer.window * layer.window + 1);
    default: return 0;
  }
}

constexpr Bytes parameter_bytes(const LayerShape& layer) { return Bytes(kBytesPerElement * static_cast<double>(parameters(layer))); }

/// Arithmetic of the forward pass on one sample, x = input elements, y = output elements:
///   dense                  2 x y
///   conv2d                 2 y C_in K^2
///   max-pool               y K^2              comparisons
///   relu                   x                  comparisons
///   softmax-cross-entropy  5 x                maximum, subtract, exponential, sum, divide; the one logarithm is neglected
Flops forward_flops_per_sample(const LayerShape& layer);

/// Arithmetic of one pass over a batch, F = forward_flops_per_sample, b = batch, P = parameters:
///   forward           b F
///   backward-weights  b F                    the same products, summed over the batch; zero without parameters
///   backward-data     b F for dense and conv2d; b y for max-pool (adds); b x for relu (selects); 2 b x for the loss (p - t, scaled)
///   update            4 P                    v = m v + g, w = w - r v
Flops flops(const Kernel& kernel);

/// Bytes that one pass must move at least: each operand read once, each result written once, b = batch, P = parameters.
///   forward           b x + b y + P; max-pool writes its b y window indices too; the loss reads b labels
///   backward-weights  b x + b y + P          reads input and output gradient, writes the weight gradient
///   backward-data     b y + b x + P - biases reads output gradient and weights, writes the input gradient; max-pool reads b y indices
///                     in place of weights, relu the b x inputs, the loss its b x probabilities and b labels
///   update            5 P                    reads weight, gradient, velocity; writes weight, velocity
/// times 4 bytes an element. Caches smaller than an operand move more (the calibration's part).
Bytes bytes_moved(const Kernel& kernel);

/// What a layer keeps of one sample until its backward pass is done: its output, and for max-pool the index of each maximum.
/// A layer's input is the output of the layer before it, and counted there.
constexpr Bytes kept_bytes(const LayerShape& layer) {
  const double tensors = layer.kind == LayerKind::max_pool ? 2 : 1;
  return Bytes(kBytesPerElement * tensors * static_cast<double>(layer.output.elements()));
}

std::int64_t parameters(const Workload& workload);

/// Forward arithmetic of the whole network on one sample.
Flops forward_flops_per_sample(const Workload& workload);

/// What a rank holds while it trains on `batch_per_rank` samples at once.
struct StepMemory {
  Bytes weights;
  Bytes gradients;
  Bytes velocities;            ///< the optimizer's state
  Bytes activations;           ///< the input batch and every layer's kept_bytes()
  Bytes activation_gradients;  ///< of every layer's input but the first's

  [[nodiscard]] constexpr Bytes total() const { return weights + gradients + velocities + activations + activation_gradients; }
};
StepMemory step_memory(const Workload& workload, std::int64_t batch_per_rank);

/// step_memory().total(): all that a step touches, which decides in which cache kernels find their data.
Bytes step_footprint(const Workload& workload, std::int64_t batch_per_rank);

}  // namespace forerun
