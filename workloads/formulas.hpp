#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/calibration.hpp"
#include "core/units.hpp"
#include "core/workload.hpp"

/// What layers cost in arithmetic and memory. A multiply-add counts 2; the addition of a bias rides on the accumulator's start and
/// counts nothing. Counts are exact below 2^53. Everything about one layer is free of allocation: it is priced with.
namespace forerun {

inline constexpr double kBytesPerElement = 4;  ///< float32; an index of a pooling window, a label or a token takes as much

/// Bytes of an activation or of a weight as kernels read them: 4 in fp32 and tf32, 2 in fp16 and bf16. fp8 holds the operands of matrix
/// products in 1 byte, and what is stored between layers in 2 [Micikevicius et al. 2022, sec. 3].
constexpr double bytes_per_element(Precision precision) { return precision == Precision::fp32 || precision == Precision::tf32 ? 4 : 2; }

/// The passes that a layer has, in the order forward, backward-weights, backward-data, update.
struct Passes {
  std::array<Pass, 4> items{};
  int count = 0;

  constexpr void add(Pass pass) { items[count++] = pass; }
  [[nodiscard]] constexpr const Pass* begin() const { return items.data(); }
  [[nodiscard]] constexpr const Pass* end() const { return items.data() + count; }
};

enum class LayerPosition { first, later };

constexpr bool has_parameters(LayerKind kind) {
  switch (kind) {
    case LayerKind::dense:
    case LayerKind::conv2d:
    case LayerKind::conv3d:
    case LayerKind::transposed_conv2d:
    case LayerKind::embedding:
    case LayerKind::lstm:
    case LayerKind::batch_norm:
    case LayerKind::layer_norm:
    case LayerKind::rms_norm:
    case LayerKind::nearest_center:
    case LayerKind::least_squares: return true;
    default: return false;
  }
}

constexpr bool is_loss(LayerKind kind) {
  return kind == LayerKind::softmax_cross_entropy || kind == LayerKind::squared_error || kind == LayerKind::binary_cross_entropy;
}

/// Whether the layer's output is its input in another shape.
constexpr bool is_view(const LayerShape& layer) {
  return layer.kind == LayerKind::reshape && layer.input.elements() == layer.output.elements();
}

/// Layers with parameters have all four passes, the others forward and backward-data (for a loss: the gradient of its input).
/// Nothing reads the gradient of the data set, so a network's first layer has no backward-data.
constexpr Passes passes(LayerKind kind, LayerPosition position) {
  Passes list;
  list.add(Pass::forward);
  if (has_parameters(kind)) list.add(Pass::backward_weights);
  if (position == LayerPosition::later || is_loss(kind)) list.add(Pass::backward_data);
  if (has_parameters(kind)) list.add(Pass::update);
  return list;
}

/// The passes of every layer of a network: no backward-weights and update where it is frozen, no update where its weights are another
/// layer's, no backward-data where nothing that is trained stands before it.
std::vector<Passes> passes(const Workload& workload);

/// Weights and biases, C and C' = channels of input and output, K = volume of the window, g = groups:
///   dense                    experts C' (C + 1)
///   conv2d, conv3d           C' (C K / g + 1)
///   transposed-conv2d        C C' K / g + C'
///   embedding                rows C
///   lstm                     4 C' (C + C' + 2)       two biases, as cuDNN and PyTorch have
///   batch-norm, layer-norm   2 C                     scale and shift; running means are no parameters
///   rms-norm                 C                       scale
///   nearest-center           C C'                    the centers
///   least-squares            rows C'                 the factors
/// less the biases where the layer has none. Zero for other layers.
constexpr std::int64_t parameters(const LayerShape& layer) {
  const std::int64_t in = layer.input.channels;
  const std::int64_t out = layer.output.channels;
  const std::int64_t bias = layer.bias ? 1 : 0;
  switch (layer.kind) {
    case LayerKind::dense: return layer.experts * out * (in + bias);
    case LayerKind::conv2d:
    case LayerKind::conv3d: return out * (in / layer.groups * layer.window.volume() + bias);
    case LayerKind::transposed_conv2d: return in * (out / layer.groups) * layer.window.volume() + bias * out;
    case LayerKind::embedding: return layer.rows * out;
    case LayerKind::lstm: return 4 * out * (in + out + 2 * bias);
    case LayerKind::batch_norm:
    case LayerKind::layer_norm: return in * (1 + bias);
    case LayerKind::rms_norm: return in;
    case LayerKind::nearest_center: return in * out;
    case LayerKind::least_squares: return layer.rows * out;
    default: return 0;
  }
}

/// Of a layer of a network: none where they are another layer's.
inline std::int64_t own_parameters(const Layer& layer) { return layer.tied_to < 0 ? parameters(layer.shape) : 0; }
inline std::int64_t trained_parameters(const Layer& layer) { return layer.frozen ? 0 : own_parameters(layer); }

constexpr Bytes parameter_bytes(const LayerShape& layer) { return Bytes(kBytesPerElement * static_cast<double>(parameters(layer))); }

/// Arithmetic of the matrix products, convolutions and attention of the forward pass on one sample: what counters of frameworks count.
/// x, y = elements of input and output, p = positions of the output, K = volume of the window, g = groups:
///   dense               2 p C C'
///   conv2d, conv3d      2 y C K / g
///   transposed-conv2d   2 x C' K / g
///   lstm                8 p C' (C + C')
///   attention           2 p keys heads (key channels + value channels)      no saving by a causal mask
///   product             2 y rows
///   interaction         2 n^2 C                                             n = positions of the input
///   nearest-center      2 p C C'                                            distances by products [MLlib, fast squared distance]
///   least-squares       p (C'^2 + C') of its ratings, and rows C'^3 / 3      normal equations by rank-1 updates, Cholesky
/// Zero for other layers.
Flops matrix_flops_per_sample(const LayerShape& layer);

/// Arithmetic of the forward pass on one sample: matrix_flops_per_sample() and
///   max-pool, average-pool   y K                comparisons, additions
///   relu                     x                  comparisons
///   sigmoid, tanh, silu      4 x, 5 x, 5 x
///   gelu                     8 x                by the error function
///   softmax, the losses over classes   5 x      maximum, subtract, exponential, sum, divide; the one logarithm is neglected
///   squared-error            3 x;  binary-cross-entropy  6 x
///   batch-norm, layer-norm   8 x;  rms-norm  4 x
///   dropout                  2 x
///   add, multiply            (operands - 1) y
///   combine                  2 x
///   attention                5 p keys heads more, for the softmax
///   lstm                     9 p C' more, for gates and state
Flops forward_flops_per_sample(const LayerShape& layer);

/// Arithmetic of one pass over a batch, F = forward_flops_per_sample, M = matrix_flops_per_sample, b = batch, P = parameters:
///   forward           b F
///   backward-weights  b M for layers with matrix products; 2 b x for norms; b y for embeddings
///   backward-data     b M for layers with weights; 2 b M and the softmax's 5 for attention, product and interaction; b y for max-pool
///                     and average-pool (adds); 2 b x for losses (p - t, scaled); b F for norms; b x for other elementwise layers
///   update            2 P for sgd, 4 P with momentum (v = m v + g, w = w - r v), 10 P for adam, 12 P for adamw
Flops flops(const Kernel& kernel);

/// Bytes that one pass must move at least: each operand read once, each result written once, b = batch, P = parameters.
///   forward           b x of all operands + b y + P; max-pool writes its b y window indices too; a loss reads b labels; an embedding
///                     reads the rows it picks
///   backward-weights  b x + b y + P          reads input and output gradient, writes the weight gradient
///   backward-data     b y + b x + P - biases reads output gradient and weights, writes the input gradient; max-pool reads b y indices
///                     in place of weights, relu the b x inputs, a loss its b x probabilities and b labels
///   update            5 P with momentum (reads weight, gradient, velocity; writes weight, velocity), 3 P for sgd, 7 P for adam
/// times the bytes of an element (update: of float32). Caches smaller than an operand move more (the calibration's part).
/// attention and its backward pass: as flash attention, without the scores [Dao et al. 2022].
Bytes bytes_moved(const Kernel& kernel);

/// What a layer writes for one sample: its output, and for max-pool the index of each maximum. A reshape of all elements writes nothing:
/// it is the same memory. A layer's input is the output of the layer before it, and counted there.
constexpr Bytes kept_bytes(const LayerShape& layer) {
  if (is_view(layer)) return Bytes(0);
  const double tensors = layer.kind == LayerKind::max_pool ? 2 : 1;
  return Bytes(kBytesPerElement * tensors * static_cast<double>(layer.output.elements()));
}

std::int64_t parameters(const Workload& workload);
std::int64_t trained_parameters(const Workload& workload);

/// Forward arithmetic of the whole network on one sample.
Flops forward_flops_per_sample(const Workload& workload);
Flops matrix_flops_per_sample(const Workload& workload);

/// Arithmetic of the backward pass of the whole network on one sample: all that passes() says it has.
Flops backward_flops_per_sample(const Workload& workload);

/// What a rank holds while it trains on `batch_per_rank` samples at once.
struct StepMemory {
  Bytes weights;
  Bytes gradients;
  Bytes velocities;            ///< the optimizer's state, and the float32 master weights of mixed precision
  Bytes activations;           ///< the input batch and every layer's kept_bytes()
  Bytes activation_gradients;  ///< of every layer's input but the first's

  [[nodiscard]] constexpr Bytes total() const { return weights + gradients + velocities + activations + activation_gradients; }
};
StepMemory step_memory(const Workload& workload, std::int64_t batch_per_rank);

/// step_memory().total(): all that a step touches, which decides in which cache kernels find their data.
Bytes step_footprint(const Workload& workload, std::int64_t batch_per_rank);

}  // namespace forerun
