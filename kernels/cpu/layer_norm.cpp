#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/matrix.hpp"

namespace forerun::cpu {

namespace {

class LayerNorm : public Operator {
 protected:
  explicit LayerNorm(const Kernel& kernel)
      : rows_(kernel.batch * kernel.shape.input.positions()), channels_(kernel.shape.input.channels), bias_(kernel.shape.bias) {}

  Eigen::Index rows_;  // a position of a sample each
  Eigen::Index channels_;
  bool bias_;
};

class Forward final : public LayerNorm {
 public:
  explicit Forward(const Kernel& kernel) : LayerNorm(kernel) {}
  void run(const LayerBuffers& b) override {
    const ConstArray scale(b.weights, channels_);
    const auto n = static_cast<float>(channels_);
    for (Eigen::Index r = 0; r < rows_; ++r) {
      const ConstArray x(b.input + r * channels_, channels_);
      Array y(b.output + r * channels_, channels_);
      const float mean = x.sum() / n;
      const float deviation = 1 / std::sqrt((x - mean).square().sum() / n + kNormEpsilon);
      y = (x - mean) * deviation * scale;
      if (bias_) y += ConstArray(b.weights + channels_, channels_);
      b.statistics[r] = mean;
      b.statistics[rows_ + r] = deviation;
    }
  }
};

class BackwardWeights final : public LayerNorm {
 public:
  explicit BackwardWeights(const Kernel& kernel)
      : LayerNorm(kernel), scale_(static_cast<std::size_t>(channels_)), shift_(static_cast<std::size_t>(channels_)) {}

  void run(const LayerBuffers& b) override {
    Array scale(scale_.data(), channels_), shift(shift_.data(), channels_);
    std::fill_n(b.weight_gradient, bias_ ? 2 * channels_ : channels_, 0.0F);
    // Sums of a few rows and of those: single precision alone would lose digits over many tokens.
    constexpr Eigen::Index kChunk = 64;
    for (Eigen::Index first = 0; first < rows_; first += kChunk) {
      scale.setZero();
      shift.setZero();
      for (Eigen::Index r = first; r < std::min(first + kChunk, rows_); ++r) {
        const ConstArray x(b.input + r * channels_, channels_), dy(b.output_gradient + r * channels_, channels_);
        const float mean = b.statistics[r], deviation = b.statistics[rows_ + r];
        scale += dy * (x - mean) * deviation;
        if (bias_) shift += dy;
      }
      Array(b.weight_gradient, channels_) += scale;
      if (bias_) Array(b.weight_gradient + channels_, channels_) += shift;
    }
  }

 private:
  std::vector<float> scale_, shift_;
};

class BackwardData final : public LayerNorm {
 public:
  explicit BackwardData(const Kernel& kernel) : LayerNorm(kernel) {}
  void run(const LayerBuffers& b) override {
    const ConstArray scale(b.weights, channels_);
    const auto n = static_cast<float>(channels_);
    for (Eigen::Index r = 0; r < rows_; ++r) {
      const ConstArray x(b.input + r * channels_, channels_), dy(b.output_gradient + r * channels_, channels_);
      const float mean = b.statistics[r], deviation = b.statistics[rows_ + r];
      Array dx(b.input_gradient + r * channels_, channels_);
      dx = dy * scale;
      const float offset = dx.sum() / n;
      const float slope = (dx * (x - mean)).sum() * deviation * deviation / n;
      dx = deviation * (dx - offset - slope * (x - mean));
    }
  }
};

}  // namespace

std::unique_ptr<Operator> layer_norm(const Kernel& kernel) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  if (kernel.pass == Pass::backward_weights) return std::make_unique<BackwardWeights>(kernel);
  return std::make_unique<BackwardData>(kernel);
}

}  // namespace forerun::cpu
