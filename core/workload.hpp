#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"

namespace forerun {

/// What a layer computes. The names that files use are these with hyphens: `max-pool`, `softmax-cross-entropy`.
enum class LayerKind {
  dense,
  conv2d,
  max_pool,
  relu,
  softmax_cross_entropy,
  conv3d,
  transposed_conv2d,
  average_pool,
  embedding,    ///< rows of a table, picked by index
  lstm,         ///< one recurrent layer over a sequence
  attention,    ///< softmax(Q K^T / sqrt(d)) V of projected inputs
  product,      ///< matrix product of two activations
  interaction,  ///< dot products of all pairs of a sample's vectors
  batch_norm,
  layer_norm,
  rms_norm,
  gelu,
  silu,
  sigmoid,
  tanh,
  softmax,
  dropout,
  rotary,  ///< turns pairs of channels by angles of their position
  add,
  multiply,
  concat,
  reshape,  ///< the same elements in another order or shape: slices, permutations, up-sampling by copy
  combine,  ///< weighted sum of a token's experts
  squared_error,
  binary_cross_entropy,
  nearest_center,  ///< k-means: the nearest of the centers
  least_squares,   ///< alternating least squares: a factor's normal equations from its ratings
};
inline constexpr int kLayerKinds = static_cast<int>(LayerKind::least_squares) + 1;

std::string_view to_string(LayerKind kind);

/// One sample of an activation: channels at each of depth x height x width positions. A vector of n features is n x 1 x 1; a sequence
/// of t tokens of h features is h x 1 x t.
struct TensorShape {
  std::int64_t channels = 1;
  std::int64_t height = 1;
  std::int64_t width = 1;
  std::int64_t depth = 1;

  [[nodiscard]] constexpr std::int64_t positions() const { return depth * height * width; }
  [[nodiscard]] constexpr std::int64_t elements() const { return channels * positions(); }
  friend constexpr bool operator==(const TensorShape&, const TensorShape&) = default;
};

/// Extents of a window or a stride. An int stands for a square of two dimensions.
struct Extent {
  int height = 1;
  int width = 1;
  int depth = 1;

  constexpr Extent() = default;
  constexpr Extent(int edge) : height(edge), width(edge) {}  // NOLINT(google-explicit-constructor): 3 reads as 3 x 3 everywhere
  constexpr Extent(int rows, int columns, int planes = 1) : height(rows), width(columns), depth(planes) {}

  [[nodiscard]] constexpr std::int64_t volume() const { return std::int64_t{height} * width * depth; }
  [[nodiscard]] constexpr bool square() const { return height == width && depth == 1; }
  /// Of a square.
  [[nodiscard]] constexpr int edge() const {
    assert(height == width);
    return width;
  }
  friend constexpr bool operator==(const Extent&, const Extent&) = default;
};

/// Zeros before and after each extent of a window's input. An int stands for both extents of a square.
struct Padding {
  int height = 0;
  int width = 0;
  int depth = 0;

  constexpr Padding() = default;
  constexpr Padding(int edge) : height(edge), width(edge) {}  // NOLINT(google-explicit-constructor): as Extent
  constexpr Padding(int rows, int columns, int planes = 0) : height(rows), width(columns), depth(planes) {}

  /// Of a square.
  [[nodiscard]] constexpr int edge() const {
    assert(height == width);
    return width;
  }
  friend constexpr bool operator==(const Padding&, const Padding&) = default;
};

/// What becomes of an attention's scores.
enum class AttentionMethod {
  flash,    ///< never written [Dao et al. 2022]
  fused,    ///< written; scale, mask and softmax are one kernel
  unfused,  ///< written by the product, the scale, the mask and the softmax in turn
};
std::string_view to_string(AttentionMethod method);

/// Heads of an attention, and how many positions each query looks at.
struct Attention {
  std::int64_t heads = 1;
  std::int64_t key_heads = 1;       ///< heads of keys and values: fewer where queries share them (grouped-query attention)
  std::int64_t key_channels = 1;    ///< of one head's queries and keys
  std::int64_t value_channels = 1;  ///< of one head's values
  std::int64_t keys = 1;            ///< positions that a query looks at, counted without a causal mask
  AttentionMethod method = AttentionMethod::flash;
  bool dropout = false;  ///< of the softmax's output

  friend constexpr bool operator==(const Attention&, const Attention&) = default;
};

/// What a layer computes, without its name: enough for its formulas, its kernels and their cost.
/// dense and the norms work on the channels of each position; a layer that flattens has an input of 1 position.
struct LayerShape {
  LayerKind kind = LayerKind::dense;
  TensorShape input;  ///< of the first input where it has several
  TensorShape output;
  Extent window = 1;
  Extent stride = 1;
  Padding padding = 0;
  bool bias = true;
  bool sparse = false;       ///< embedding: only the rows that were picked have gradients
  std::int64_t groups = 1;   ///< conv: channels are convolved in so many groups apart
  std::int64_t experts = 1;  ///< dense: weight matrices, of which each token meets those it is sent to (output positions / tokens of them)
  std::int64_t rows = 0;     ///< embedding: of its table; product: the length that is summed over; nearest-center: centers;
                             ///< least-squares: rows that are solved for, in `groups` blocks of which a sample is one
  int operands = 1;          ///< add, multiply, concat: inputs
  Attention attention;

  friend constexpr bool operator==(const LayerShape&, const LayerShape&) = default;
};

inline constexpr int kData = -1;  ///< as a layer's input: the sample itself

struct Layer {
  std::string name;
  LayerShape shape;
  std::vector<int> inputs;   ///< the layers whose outputs it reads, all before it; kData for the sample
  int block = -1;            ///< which repetition of a block it belongs to, counted through the network; -1 for none
  int tied_to = -1;          ///< the earlier layer whose weights it shares; -1: its own
  bool frozen = false;       ///< its parameters are not trained
  bool by_position = false;  ///< an embedding that looks up the number of each position, whatever the sample holds

  friend bool operator==(const Layer&, const Layer&) = default;
};

/// In what numbers are calculated. fp16, bf16 and fp8 are mixed precision: float32 master weights stay with the optimizer.
enum class Precision { fp32, tf32, fp16, bf16, fp8, fp64 };
std::string_view to_string(Precision precision);

/// In what numbers gradients are kept and summed up over ranks.
enum class GradientPrecision {
  computed,  ///< as `precision` stores activations
  fp32       ///< at least: automatic casts (torch.autocast, Apex O1), or sums in float32 (Megatron's main gradients)
};
std::string_view to_string(GradientPrecision gradients);

enum class Optimizer { sgd, sgd_momentum, adam, adamw, lbfgs };
std::string_view to_string(Optimizer optimizer);

/// How samples lie in storage.
struct SampleFiles {
  Bytes sample;         ///< zero: not known
  double per_file = 1;  ///< samples in one file or object, at least 1
  Seconds decode;       ///< of one sample by one worker

  friend bool operator==(const SampleFiles&, const SampleFiles&) = default;
};

/// A model as a graph of layers, each after those that it reads, with its data set and batch. A network ends in its loss.
struct Workload {
  std::string name;
  TensorShape input;  ///< all that is read of one sample
  std::vector<Layer> layers;
  std::int64_t batch = 0;    ///< global: samples of one step over all ranks
  std::int64_t samples = 0;  ///< in one epoch; 0 where the workload names no data set
  SampleFiles files;
  std::int64_t tokens_per_sample = 0;  ///< of a sequence; 0 where samples are no sequences
  Precision precision = Precision::fp32;
  GradientPrecision gradients = GradientPrecision::computed;
  Optimizer optimizer = Optimizer::sgd_momentum;

  friend bool operator==(const Workload&, const Workload&) = default;
};

/// Whether every layer reads the one before it, and the first the sample.
bool is_chain(const Workload& workload);

}  // namespace forerun
