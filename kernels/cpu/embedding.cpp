#include <algorithm>
#include <cassert>

#include "kernels/cpu/layers.hpp"
#include "workloads/formulas.hpp"

namespace forerun::cpu {

namespace {

class Embedding : public Operator {
 protected:
  explicit Embedding(const Kernel& kernel)
      : positions_(kernel.batch * kernel.shape.output.positions()),
        rows_(kernel.shape.rows),
        channels_(kernel.shape.output.channels),
        parameters_(parameters(kernel.shape)) {}

  /// First element of the row that a position picks.
  [[nodiscard]] std::int64_t picked(const LayerBuffers& b, std::int64_t position) const {
    assert(b.picked[position] >= 0 && b.picked[position] < rows_);
    return b.picked[position] * channels_;
  }

  std::int64_t positions_;
  std::int64_t rows_;
  std::int64_t channels_;
  std::int64_t parameters_;
};

class Forward final : public Embedding {
 public:
  explicit Forward(const Kernel& kernel) : Embedding(kernel) {}
  void run(const LayerBuffers& b) override {
    for (std::int64_t p = 0; p < positions_; ++p) std::copy_n(b.weights + picked(b, p), channels_, b.output + p * channels_);
  }
};

class BackwardWeights final : public Embedding {
 public:
  BackwardWeights(const Kernel& kernel, bool adds) : Embedding(kernel), adds_(adds) {}
  void run(const LayerBuffers& b) override {
    if (!adds_) std::fill_n(b.weight_gradient, parameters_, 0.0F);
    for (std::int64_t p = 0; p < positions_; ++p) {
      const float* __restrict dy = b.output_gradient + p * channels_;
      float* __restrict dw = b.weight_gradient + picked(b, p);
      for (std::int64_t c = 0; c < channels_; ++c) dw[c] += dy[c];
    }
  }

 private:
  bool adds_;
};

}  // namespace

std::unique_ptr<Operator> embedding(const Kernel& kernel, bool adds_gradient) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  return std::make_unique<BackwardWeights>(kernel, adds_gradient);
}

}  // namespace forerun::cpu
