#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/matrix.hpp"

namespace forerun::cpu {

namespace {

class Dense : public Operator {
 protected:
  explicit Dense(const Kernel& kernel)
      : batch_(kernel.batch), inputs_(kernel.shape.input.elements()), outputs_(kernel.shape.output.elements()) {}

  Eigen::Index batch_;
  Eigen::Index inputs_;
  Eigen::Index outputs_;
};

class Forward final : public Dense {
 public:
  explicit Forward(const Kernel& kernel) : Dense(kernel) {}
  void run(const LayerBuffers& b) override {
    const ConstMatrix x(b.input, batch_, inputs_);
    const ConstMatrix weights(b.weights, outputs_, inputs_);
    const ConstRowVector bias(b.weights + outputs_ * inputs_, outputs_);
    Matrix y(b.output, batch_, outputs_);
    y.noalias() = x * weights.transpose();
    y.rowwise() += bias;
  }
};

class BackwardWeights final : public Dense {
 public:
  explicit BackwardWeights(const Kernel& kernel) : Dense(kernel) {}
  void run(const LayerBuffers& b) override {
    const ConstMatrix x(b.input, batch_, inputs_);
    const ConstMatrix dy(b.output_gradient, batch_, outputs_);
    Matrix(b.weight_gradient, outputs_, inputs_).noalias() = dy.transpose() * x;
    RowVector(b.weight_gradient + outputs_ * inputs_, outputs_) = dy.colwise().sum();
  }
};

class BackwardData final : public Dense {
 public:
  explicit BackwardData(const Kernel& kernel) : Dense(kernel) {}
  void run(const LayerBuffers& b) override {
    const ConstMatrix dy(b.output_gradient, batch_, outputs_);
    const ConstMatrix weights(b.weights, outputs_, inputs_);
    Matrix(b.input_gradient, batch_, inputs_).noalias() = dy * weights;
  }
};

}  // namespace

std::unique_ptr<Operator> dense(const Kernel& kernel) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  if (kernel.pass == Pass::backward_weights) return std::make_unique<BackwardWeights>(kernel);
  return std::make_unique<BackwardData>(kernel);
}

}  // namespace forerun::cpu
