#include <limits>

#include "core/error.hpp"
#include "kernels/cuda/launches.hpp"
#include "kernels/cuda/layers.hpp"

namespace forerun::cuda {

namespace {

constexpr float kOne = 1, kZero = 0;

int blas_size(std::int64_t size) {
  if (size > std::numeric_limits<int>::max()) throw MissingCapability("a dense layer of more than 2^31 - 1 rows or columns on a GPU");
  return static_cast<int>(size);
}

class Dense : public Operator {
 public:
  Dense(const Kernel& kernel, std::shared_ptr<Context> context)
      : batch_(blas_size(kernel.batch)),
        inputs_(blas_size(kernel.shape.input.elements())),
        outputs_(blas_size(kernel.shape.output.elements())),
        bias_(static_cast<std::int64_t>(inputs_) * outputs_),
        context_(std::move(context)) {}

 protected:
  int batch_;
  int inputs_;
  int outputs_;
  std::int64_t bias_;  // where the biases start
  std::shared_ptr<Context> context_;
};

class Forward final : public Dense {
 public:
  using Dense::Dense;
  /// Y^T = W X^T; then the biases.
  void run(const LayerBuffers& b) override {
    check(cublasSgemm(context_->blas(), CUBLAS_OP_T, CUBLAS_OP_N, outputs_, batch_, inputs_, &kOne, b.weights, inputs_, b.input, inputs_,
                      &kZero, b.output, outputs_),
          "dense forward");
    add_bias(b.output, b.weights + bias_, batch_, outputs_, context_->stream());
  }
};

class BackwardWeights final : public Dense {
 public:
  using Dense::Dense;
  /// dW^T = X^T dY; the bias gradient sums dY over the batch.
  void run(const LayerBuffers& b) override {
    check(cublasSgemm(context_->blas(), CUBLAS_OP_N, CUBLAS_OP_T, inputs_, outputs_, batch_, &kOne, b.input, inputs_, b.output_gradient,
                      outputs_, &kZero, b.weight_gradient, inputs_),
          "dense backward weights");
    sum_rows(b.output_gradient, b.weight_gradient + bias_, batch_, outputs_, context_->stream());
  }
};

class BackwardData final : public Dense {
 public:
  using Dense::Dense;
  /// dX^T = W^T dY^T.
  void run(const LayerBuffers& b) override {
    check(cublasSgemm(context_->blas(), CUBLAS_OP_N, CUBLAS_OP_N, inputs_, batch_, outputs_, &kOne, b.weights, inputs_, b.output_gradient,
                      outputs_, &kZero, b.input_gradient, inputs_),
          "dense backward data");
  }
};

}  // namespace

std::unique_ptr<Operator> dense(const Kernel& kernel, std::shared_ptr<Context> context) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel, std::move(context));
  if (kernel.pass == Pass::backward_weights) return std::make_unique<BackwardWeights>(kernel, std::move(context));
  return std::make_unique<BackwardData>(kernel, std::move(context));
}

}  // namespace forerun::cuda
