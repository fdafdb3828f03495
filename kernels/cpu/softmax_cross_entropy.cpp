#include <cmath>
#include <vector>

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/matrix.hpp"

namespace forerun::cpu {

namespace {

/// p = exp(x - max x) / sum exp(x - max x); loss = mean (log sum exp(x - max x) - (x_label - max x)), finite for any finite x.
class Forward final : public Operator {
 public:
  explicit Forward(const Kernel& kernel)
      : rows_(kernel.batch * kernel.shape.input.positions()),
        classes_(kernel.shape.input.channels),
        largest_(static_cast<std::size_t>(rows_)) {}

  void run(const LayerBuffers& b) override {
    const ConstMatrix x(b.input, rows_, classes_);
    Matrix p(b.output, rows_, classes_);
    for (Eigen::Index n = 0; n < rows_; ++n) {
      largest_[n] = x.row(n).maxCoeff();
      p.row(n) = x.row(n).array() - largest_[n];
    }
    // One call over the whole batch: rows of ten are too short for vector exponentials.
    Array(b.output, rows_ * classes_) = Array(b.output, rows_ * classes_).exp();
    double loss = 0;
    for (Eigen::Index n = 0; n < rows_; ++n) {
      const float sum = p.row(n).sum();
      p.row(n) /= sum;
      loss += std::log(sum) - (x(n, b.labels[n]) - largest_[n]);
    }
    *b.loss = static_cast<float>(loss / static_cast<double>(rows_));
  }

 private:
  Eigen::Index rows_;
  Eigen::Index classes_;
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
