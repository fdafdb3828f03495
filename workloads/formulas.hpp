#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/calibration.hpp"
#include "core/units.hpp"
#include "core/workload.hpp"
#include "workloads/memory.hpp"

/// What layers cost in arithmetic. A multiply-add counts 2; the addition of a bias rides on the accumulator's start and
/// counts nothing. Counts are exact below 2^53. Everything about one layer is free of allocation: it is priced with.
namespace forerun {

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

/// Whether the layer's parameters follow a gradient. Those of least squares are solved for in its forward pass.
constexpr bool has_gradient(LayerKind kind) { return has_parameters(kind) && kind != LayerKind::least_squares; }

/// Whether a gradient flows through the layer to its inputs. Nothing flows to indices, and not to the data of MLlib's solvers.
constexpr bool passes_gradient(LayerKind kind) {
  return kind != LayerKind::embedding && kind != LayerKind::nearest_center && kind != LayerKind::least_squares;
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
  if (has_gradient(kind)) list.add(Pass::backward_weights);
  if ((position == LayerPosition::later && passes_gradient(kind)) || is_loss(kind)) list.add(Pass::backward_data);
  if (has_gradient(kind)) list.add(Pass::update);
  return list;
}

/// The passes of every layer of a network: no backward-weights and update where it is frozen, no update where its weights are another
/// layer's, no backward-data where nothing that is trained stands before it. A view has none at all.
std::vector<Passes> passes(const Workload& workload);

/// Tensors that an optimizer sees of a layer: weights and, where it has one, the bias; of a norm scale and shift, of an LSTM two weights
/// and two biases, of experts as many of each; zero where a layer learns nothing.
constexpr int parameter_tensors(const LayerShape& layer) {
  const int bias = layer.bias ? 1 : 0;
  switch (layer.kind) {
    case LayerKind::dense: return static_cast<int>(layer.experts) * (1 + bias);
    case LayerKind::conv2d:
    case LayerKind::conv3d:
    case LayerKind::transposed_conv2d: return 1 + bias;
    case LayerKind::lstm: return 2 * (1 + bias);
    case LayerKind::batch_norm:
    case LayerKind::layer_norm: return 1 + bias;
    default: return has_gradient(layer.kind) ? 1 : 0;
  }
}

/// Weights and biases, C and C' = channels of input and output, K = volume of the window, g = groups:
///   dense                    experts C' (C + 1)
///   conv2d, conv3d           C' (C K / g + 1)
///   transposed-conv2d        C C' K / g + C'
///   embedding                rows C
///   lstm                     4 C' (C + C' + 2)       two biases, as cuDNN and PyTorch have
///   batch-norm, layer-norm   2 C                     scale and shift; running means are no parameters
///   rms-norm                 C                       scale
///   nearest-center           rows C                  the centers
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
    case LayerKind::nearest_center: return layer.rows * in;
    case LayerKind::least_squares: return layer.rows * out;
    default: return 0;
  }
}

/// Of a layer of a network: where its weights are another layer's, only its biases.
inline std::int64_t own_parameters(const Layer& layer) {
  if (layer.tied_to < 0) return parameters(layer.shape);
  return layer.shape.kind == LayerKind::dense && layer.shape.bias ? layer.shape.output.channels : 0;
}
/// In a part of a network that begins with layer `first`, which has copies of weights that it shares with layers before.
inline std::int64_t trained_parameters(const Layer& layer, int first = 0) {
  if (layer.frozen || !has_gradient(layer.shape.kind)) return 0;
  const bool copied = layer.tied_to >= 0 && layer.tied_to < first;
  return copied ? parameters(layer.shape) : own_parameters(layer);
}

/// Whether only the rows that a batch picked have gradients and are updated.
constexpr bool is_sparse(const LayerShape& layer) { return layer.kind == LayerKind::embedding && layer.sparse; }

/// Scores of all heads of an attention for one sample.
constexpr double attention_scores(const LayerShape& layer) {
  return static_cast<double>(layer.output.positions()) * static_cast<double>(layer.attention.keys) *
         static_cast<double>(layer.attention.heads);
}

/// Parameters that one step over `batch` samples updates: all, or of a sparse embedding the rows it picked, at most one an index.
double updated_parameters(const LayerShape& layer, std::int64_t batch);

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
///   nearest-center      2 p C rows                                          a dot product for each center, as where no norm rules it out
///   least-squares       n (C'^2 + 3 C') + rows / g (C'^3 / 3 + 2 C'^2)      n ratings: dspr, daxpy; then Cholesky and two solves (dppsv)
/// Zero for other layers. The last two as in Spark's mllib/clustering/DistanceMeasure.scala and ml/recommendation/ALS.scala (explicit
/// ratings), which count no arithmetic of the runtime around them.
Flops matrix_flops_per_sample(const LayerShape& layer);

/// The same of one pass over one sample:
///   backward-weights  M of layers with weights, M = matrix_flops_per_sample; an lstm's sweep back through time too, 8 (p - 1) C'^2.
///                     Zero for nearest-center, which adds its rows up
///   backward-data     M; 8 p C C' of an lstm; 2 M of product and interaction; of attention 2 M, and in flash attention, which keeps none,
///                     the scores once more, 2 p keys heads (key channels) [Dao et al. 2022, algorithm 4]
/// Neglects the sweep of an lstm whose own weights are frozen.
Flops matrix_flops_per_sample(const LayerShape& layer, Pass pass);

/// Arithmetic of the forward pass on one sample: matrix_flops_per_sample() and
///   max-pool, average-pool   y K                comparisons, additions
///   relu                     x                  comparisons
///   sigmoid, tanh, silu      4 x, 5 x, 5 x      an exponential counts 1
///   gelu                     8 x                by the error function, which counts 4
///   softmax, the losses over classes   5 x      maximum, subtract, exponential, sum, divide; the one logarithm is neglected
///   squared-error            3 x;  binary-cross-entropy  6 x
///   batch-norm, layer-norm   8 x;  rms-norm  4 x
///   dropout                  2 x;  rotary  3 x
///   add, multiply            (operands - 1) y
///   combine                  2 x
///   attention                5 p keys heads more, for the softmax
///   lstm                     26 y more: three sigmoids, two tanh, four operations on the state
///   nearest-center           5 p rows more: the bound by norms, the distance, the comparison
Flops forward_flops_per_sample(const LayerShape& layer);

/// Arithmetic of one pass over a batch, F = forward_flops_per_sample, M = matrix_flops_per_sample of the pass, b = batch, P = parameters:
///   forward           b F
///   backward-weights  b M; 2 b x for norms and nearest-center (daxpy); b y for embeddings; 21 b y more for an lstm, its gates
///   backward-data     b M for layers with weights and products, and the softmax's 5 for attention; b F for norms; b y for max-pool,
///                     b y K for average-pool; 2 b x for losses (p - t, scaled); (operands - 1) b y for add, where the gradients of its
///                     inputs' other readers are added; operands (operands - 1) b y for multiply; 3 b x for sigmoid, tanh, rotary and
///                     combine, 4 for softmax, 9 for silu, 14 for gelu, by their derivatives; b y for reshapes that copy elements; none for
///                     concat, whose gradients are slices; b x for others
///   update            2 P for sgd, 4 P with momentum (v = m v + g, w = w - r v), 10 P for adam, 12 P for adamw; 82 P for l-bfgs, two loops
///                     over 10 pairs of vectors [Nocedal & Wright 2006, algorithm 7.4]; P for nearest-center, means of sums.
///                     P = updated_parameters()
Flops flops(const Kernel& kernel);

std::int64_t parameters(const Workload& workload);
std::int64_t trained_parameters(const Workload& workload);

/// Forward arithmetic of the whole network on one sample.
Flops forward_flops_per_sample(const Workload& workload);
Flops matrix_flops_per_sample(const Workload& workload);

/// Arithmetic of the backward pass of the whole network on one sample: all that passes() says it has.
Flops backward_flops_per_sample(const Workload& workload);
/// Of its matrix products, convolutions and attention alone.
Flops backward_matrix_flops_per_sample(const Workload& workload);

}  // namespace forerun
