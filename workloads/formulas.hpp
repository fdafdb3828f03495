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

/// Bytes of an activation or of a weight as kernels read them: 8 in fp64, 4 in fp32 and tf32, 2 in fp16 and bf16. fp8 holds the operands
/// of matrix products in 1 byte, and what is stored between layers in 2 [Micikevicius et al. 2022, sec. 3].
constexpr double bytes_per_element(Precision precision) {
  switch (precision) {
    case Precision::fp64: return 8;
    case Precision::fp32:
    case Precision::tf32: return 4;
    default: return 2;
  }
}

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
inline std::int64_t trained_parameters(const Layer& layer) {
  return layer.frozen || !has_gradient(layer.shape.kind) ? 0 : own_parameters(layer);
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

/// Elements of one sample of all activations that the layer reads; the indices of an embedding.
double operand_elements(const LayerShape& layer);

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

/// Bytes that one pass must move at least: each operand read once, each result written once, b = batch, P = parameters.
///   forward           b x of all operands + what kept_bytes() says + P; a loss reads its labels, one a position or for squared-error and
///                     binary-cross-entropy one an element; an embedding reads its indices and the rows it picks, least-squares the other
///                     side's factor of each rating; a slice reads what it keeps
///   backward-weights  b x + b y + P          reads input and output gradient, writes the weight gradient (sparse: b y of it); an lstm
///                     b x + 11 b y + 2 P: what it kept too, its weights for the sweep, and the gradients of its gates that it writes
///   backward-data     b y + b x + P - biases reads output gradient and weights, writes the input gradient; max-pool reads b y indices
///                     in place of weights, relu and others the b x inputs, dropout its mask, a loss its b x probabilities and its labels;
///                     norms read their input too; an lstm 4 b y + b x and the weights of its input. None for concat
///   update            3 P for sgd, 5 P with momentum (reads weight, gradient, velocity; writes weight, velocity), 7 P for adam and adamw,
///                     45 P for l-bfgs (each of its 20 vectors twice); 2 P for nearest-center
/// times the bytes of an element; an update in 16 bits or fp8 moves as much as in float32: 2 + 2 bytes of gradient and weight, and the
/// master weight. Indices and labels have 4 bytes, a dropout's mask 1. Caches smaller than an operand move more (the calibration's part).
/// flash attention and its backward pass: without the scores [Dao et al. 2022]. Where they are written, S = p keys heads of them:
///   forward           3 b S beside what is kept: the product writes, the softmax reads, the second product reads; 1 for dropout, which
///                     reads the softmax's output; 4 unfused, where scale and mask read and write
///   backward-data     7 b S: softmax or what dropout left of it read, its gradient written and read, the softmax read, the scores'
///                     gradient written and read by two products; 2 and the mask for dropout; 2 unfused, the scale
Bytes bytes_moved(const Kernel& kernel);

/// What a layer writes for one sample: its output; for max-pool the index of each maximum, for dropout its mask, for an lstm the four gates
/// and the state that its backward pass reads, for attention that is not flash the softmax's output, and where dropout follows, its mask
/// and its output too: 5 bytes a score in 16 bits [Korthikanti et al. 2022, sec. 4.1]. A reshape of all elements writes nothing: it is the
/// same memory. A layer's input is the output of the layer before it, and counted there.
constexpr Bytes kept_bytes(const LayerShape& layer, Precision precision = Precision::fp32) {
  if (is_view(layer)) return Bytes(0);
  double each = bytes_per_element(precision);
  if (layer.kind == LayerKind::lstm) each *= 6;
  if (layer.kind == LayerKind::max_pool) each += kBytesPerElement;
  if (layer.kind == LayerKind::dropout) each += 1;
  const double written = each * static_cast<double>(layer.output.elements());
  if (layer.kind != LayerKind::attention || layer.attention.method == AttentionMethod::flash) return Bytes(written);
  return Bytes(written + attention_scores(layer) * (layer.attention.dropout ? 2 * each + 1 : each));
}

std::int64_t parameters(const Workload& workload);
std::int64_t trained_parameters(const Workload& workload);

/// Forward arithmetic of the whole network on one sample.
Flops forward_flops_per_sample(const Workload& workload);
Flops matrix_flops_per_sample(const Workload& workload);

/// Arithmetic of the backward pass of the whole network on one sample: all that passes() says it has.
Flops backward_flops_per_sample(const Workload& workload);
/// Of its matrix products, convolutions and attention alone.
Flops backward_matrix_flops_per_sample(const Workload& workload);

/// Bytes that one trained parameter takes through a step.
struct ParameterBytes {
  double weight = 4;
  double gradient = 4;
  double master = 0;     ///< float32 copy that the optimizer updates, in mixed precision
  double optimizer = 0;  ///< its state

  [[nodiscard]] constexpr double total() const { return weight + gradient + master + optimizer; }
};

/// weight, gradient, master and, by optimizer (sgd, sgd-momentum, adam and adamw, l-bfgs), state:
///   fp64         8  8  0   0 8 16 160
///   fp32, tf32   4  4  0   0 4  8  80
///   fp16, bf16   2  2  4   0 4  8  80      Adam's 2 + 2 + 12 [Rajbhandari et al. 2020, ZeRO, sec. 3.1]
///   fp8          2  2  4   0 4  8  80      all but the operands of matrix products stays in 16 or 32 bits [Micikevicius et al. 2022]
/// The weight of a dense layer takes 2 bytes more in fp8: its copies for the forward and, transposed, for the backward product
/// [Transformer Engine, "Performance considerations", handling transposes]. l-bfgs keeps 10 pairs of vectors.
ParameterBytes bytes_per_parameter(Precision precision, Optimizer optimizer, LayerKind kind);

/// What a rank holds while it trains on `batch_per_rank` samples at once.
struct StepMemory {
  Bytes weights;
  Bytes gradients;
  Bytes optimizer;             ///< the optimizer's state, and the float32 master weights of mixed precision
  Bytes activations;           ///< the input batch and every layer's kept_bytes()
  Bytes activation_gradients;  ///< of every layer's input but the first's

  [[nodiscard]] constexpr Bytes total() const { return weights + gradients + optimizer + activations + activation_gradients; }
};
StepMemory step_memory(const Workload& workload, std::int64_t batch_per_rank);

/// step_memory().total(): all that a step touches, which decides in which cache kernels find their data.
Bytes step_footprint(const Workload& workload, std::int64_t batch_per_rank);

}  // namespace forerun
