#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/matrix.hpp"

namespace forerun::cpu {

namespace {

// Rows that stay in a second-level cache from their largest logits to their probabilities.
constexpr Eigen::Index kBlockElements = 64 * 1024;

/// p = exp(x - max x) / sum exp(x - max x); loss = mean (log sum exp(x - max x) - (x_label - max x)), finite for any finite x.
class Forward final : public Operator {
 public:
  explicit Forward(const Kernel& kernel)
      : rows_(kernel.batch * kernel.shape.input.positions()),
        classes_(kernel.shape.input.channels),
        block_(std::clamp<Eigen::Index>(kBlockElements / classes_, 1, rows_)),
        largest_(static_cast<std::size_t>(block_)) {}

  void run(const LayerBuffers& b) override {
    double loss = 0;
    for (Eigen::Index first = 0; first < rows_; first += block_) loss += run_block(b, first, std::min(block_, rows_ - first));
    *b.loss = static_cast<float>(loss / static_cast<double>(rows_));
  }

 private:
  /// The sum of the rows' losses.
  double run_block(const LayerBuffers& b, Eigen::Index first, Eigen::Index rows) {
    const ConstMatrix x(b.input + first * classes_, rows, classes_);
    Matrix p(b.output + first * classes_, rows, classes_);
    for (Eigen::Index n = 0; n < rows; ++n) {
      largest_[n] = x.row(n).maxCoeff();
      p.row(n) = x.row(n).array() - largest_[n];
    }
    // One call over the whole block: rows of ten are too short for vector exponentials.
    Array(p.data(), p.size()) = Array(p.data(), p.size()).exp();
    double loss = 0;
    for (Eigen::Index n = 0; n < rows; ++n) {
      const float sum = p.row(n).sum();
      p.row(n) *= 1 / sum;
      loss += std::log(sum) - (x(n, b.labels[first + n]) - largest_[n]);
    }
    return loss;
  }

  Eigen::Index rows_;
  Eigen::Index classes_;
  Eigen::Index block_;  // rows
  std::vector<float> largest_;
};

class BackwardData final : public Operator {
 public:
  explicit BackwardData(const Kernel& kernel)
      : rows_(kernel.batch * kernel.shape.input.positions()), classes_(kernel.shape.input.channels) {}
  void run(const LayerBuffers& b) override {
    const float scale = 1.0F / static_cast<float>(rows_);
    Array(b.input_gradient, rows_ * classes_) = ConstArray(b.output, rows_ * classes_) * scale;
    for (Eigen::Index n = 0; n < rows_; ++n) b.input_gradient[n * classes_ + b.labels[n]] -= scale;
  }

 private:
  Eigen::Index rows_;
  Eigen::Index classes_;
};

}  // namespace

std::unique_ptr<Operator> softmax_cross_entropy(const Kernel& kernel) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  return std::make_unique<BackwardData>(kernel);
}

}  // namespace forerun::cpu
