#pragma once

#include <cstdint>

#include "core/calibration.hpp"
#include "core/memory.hpp"
#include "core/units.hpp"
#include "core/workload.hpp"

/// What kernels move and what a step holds. Everything about one layer is free of allocation: it is priced with.
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

/// Bytes of a weight's gradient, as it is kept and as it crosses the network.
inline double bytes_per_gradient(const Workload& workload) {
  const double element = bytes_per_element(workload.precision);
  return workload.gradients == GradientPrecision::fp32 && element < kBytesPerElement ? kBytesPerElement : element;
}
/// Whether gradients take more than activations do.
inline bool wide_gradients(const Workload& workload) { return bytes_per_gradient(workload) > bytes_per_element(workload.precision); }

/// Elements of one sample of all activations that the layer reads; the indices of an embedding.
double operand_elements(const LayerShape& layer);

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
Bytes kept_bytes(const LayerShape& layer, Precision precision = Precision::fp32);

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
/// [Transformer Engine, "Performance considerations", handling transposes]. l-bfgs keeps 10 pairs of vectors. Gradients in float32 take 4
/// beside any of the mixed ones; under automatic casts weight and master change their names: 4 of the weight, 2 of its copy for kernels.
ParameterBytes bytes_per_parameter(const Workload& workload, LayerKind kind);

/// What one sample of the data set takes: 4 bytes an index that an embedding looks up, or a rating of least squares and its index, and 4
/// bytes a value, 8 in fp64: data come in float32 whatever is calculated in 16 bits.
Bytes sample_bytes(const Workload& workload);

/// What a rank holds while it trains on `batch_per_rank` samples at once, where every layer keeps its output (kept_bytes()), the input
/// batch is as sample_bytes() has it, and each layer but the first has a gradient of its input.
StepMemory step_memory(const Workload& workload, std::int64_t batch_per_rank);

/// step_memory().total(): all that a step touches, which decides in which cache kernels find their data.
Bytes step_footprint(const Workload& workload, std::int64_t batch_per_rank);

}  // namespace forerun
