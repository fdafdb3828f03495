#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/matrix.hpp"

namespace forerun::cpu {

namespace {

class Dense : public Operator {
 protected:
  explicit Dense(const Kernel& kernel)
      : rows_(kernel.batch * kernel.shape.input.positions()),
        inputs_(kernel.shape.input.channels),
        outputs_(kernel.shape.output.channels),
        bias_(kernel.shape.bias) {}

  Eigen::Index rows_;  // a position of a sample each
  Eigen::Index inputs_;
  Eigen::Index outputs_;
  bool bias_;
};

class Forward final : public Dense {
 public:
  explicit Forward(const Kernel& kernel) : Dense(kernel) {}
  void run(const LayerBuffers& b) override {
    const ConstMatrix x(b.input, rows_, inputs_);
    const ConstMatrix weights(b.weights, outputs_, inputs_);
    Matrix y(b.output, rows_, outputs_);
    y.noalias() = x * weights.transpose();
    if (bias_) y.rowwise() += ConstRowVector(b.weights + outputs_ * inputs_, outputs_);
  }
};

class BackwardWeights final : public Dense {
 public:
  explicit BackwardWeights(const Kernel& kernel) : Dense(kernel) {}
  void run(const LayerBuffers& b) override {
    const ConstMatrix x(b.input, rows_, inputs_);
    const ConstMatrix dy(b.output_gradient, rows_, outputs_);
    Matrix(b.weight_gradient, outputs_, inputs_).noalias() = dy.transpose() * x;
    if (bias_) RowVector(b.weight_gradient + outputs_ * inputs_, outputs_) = dy.colwise().sum();
  }
};

class BackwardData final : public Dense {
 public:
  explicit BackwardData(const Kernel& kernel) : Dense(kernel) {}
  void run(const LayerBuffers& b) override {
    const ConstMatrix dy(b.output_gradient, rows_, outputs_);
    const ConstMatrix weights(b.weights, outputs_, inputs_);
    Matrix(b.input_gradient, rows_, inputs_).noalias() = dy * weights;
  }
};

}  // namespace

std::unique_ptr<Operator> dense(const Kernel& kernel) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  if (kernel.pass == Pass::backward_weights) return std::make_unique<BackwardWeights>(kernel);
  return std::make_unique<BackwardData>(kernel);
}

}  // namespace forerun::cpu
