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
      : batch_(kernel.batch), classes_(kernel.shape.input.elements()), largest_(static_cast<std::size_t>(kernel.batch)) {}

  void run(const LayerBuffers& b) override {
    const ConstMatrix x(b.input, batch_, classes_);
    Matrix p(b.output, batch_, classes_);
    for (Eigen::Index n = 0; n < batch_; ++n) {
      largest_[n] = x.row(n).maxCoeff();
      p.row(n) = x.row(n).array() - largest_[n];
    }
    // One call over the whole batch: rows of ten are too short for vector exponentials.
    Array(b.output, batch_ * classes_) = Array(b.output, batch_ * classes_).exp();
    double loss = 0;
    for (Eigen::Index n = 0; n < batch_; ++n) {
      const float sum = p.row(n).sum();
      p.row(n) /= sum;
      loss += std::log(sum) - (x(n, b.labels[n]) - largest_[n]);
    }
    *b.loss = static_cast<float>(loss / static_cast<double>(batch_));
  }

 private:
  Eigen::Index batch_;
  Eigen::Index classes_;
  std::vector<float> largest_;
};

class BackwardData final : public Operator {
 public:
  explicit BackwardData(const Kernel& kernel) : batch_(kernel.batch), classes_(kernel.shape.input.elements()) {}
  void run(const LayerBuffers& b) override {
    const float scale = 1.0F / static_cast<float>(batch_);
    Array(b.input_gradient, batch_ * classes_) = ConstArray(b.output, batch_ * classes_) * scale;
    for (Eigen::Index n = 0; n < batch_; ++n) b.input_gradient[n * classes_ + b.labels[n]] -= scale;
  }

 private:
  Eigen::Index batch_;
  Eigen::Index classes_;
};

}  // namespace

std::unique_ptr<Operator> softmax_cross_entropy(const Kernel& kernel) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  return std::make_unique<BackwardData>(kernel);
}

}  // namespace forerun::cpu
