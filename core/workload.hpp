#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace forerun {

enum class LayerKind { dense, conv2d, max_pool, relu, softmax_cross_entropy };

/// The name a file uses for a layer kind: `dense`, `conv2d`, `max-pool`, `relu`, `softmax-cross-entropy`.
std::string_view to_string(LayerKind kind);

/// One sample of an activation: channels x height x width. A vector of n features is n x 1 x 1.
struct TensorShape {
  std::int64_t channels = 1;
  std::int64_t height = 1;
  std::int64_t width = 1;

  [[nodiscard]] constexpr std::int64_t elements() const { return channels * height * width; }
  friend constexpr bool operator==(const TensorShape&, const TensorShape&) = default;
};

/// What a layer computes, without its name: enough for its formulas, its kernels and their cost.
/// `window` is the edge of a square convolution or pooling window; dense flattens its input.
struct LayerShape {
  LayerKind kind = LayerKind::dense;
  TensorShape input;
  TensorShape output;
  int window = 1;
  int stride = 1;
  int padding = 0;

  friend constexpr bool operator==(const LayerShape&, const LayerShape&) = default;
};

struct Layer {
  std::string name;
  LayerShape shape;

  friend bool operator==(const Layer&, const Layer&) = default;
};

enum class Precision { fp32 };
enum class Optimizer { sgd_momentum };

/// A model as a chain of layers with its data set and batch. The last layer is the loss.
struct Workload {
  std::string name;
  TensorShape input;
  std::vector<Layer> layers;
  std::int64_t batch = 0;    ///< global: samples of one step over all ranks
  std::int64_t samples = 0;  ///< in one epoch; 0 where the workload names no data set
  Precision precision = Precision::fp32;
  Optimizer optimizer = Optimizer::sgd_momentum;

  friend bool operator==(const Workload&, const Workload&) = default;
};

}  // namespace forerun
