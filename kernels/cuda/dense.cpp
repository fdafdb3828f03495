#include "kernels/cuda/columns.hpp"
#include "kernels/cuda/common/arrays.hpp"
#include "kernels/cuda/layers.hpp"
#include "kernels/cuda/product.hpp"
#include "kernels/layer_arrays.hpp"

namespace forerun::cuda {

namespace {

std::int64_t blas_size(std::int64_t size) {
  require_int(size, "a dense layer", "rows or columns");
  return size;
}

/// One product. In bf16 it reads the rounded weights; gradients of weights are float32.
/// cuBLASLt is column-major. A row-major matrix of r rows and c columns is, in its eyes, the column-major transpose with c rows, c its
/// leading dimension; each product Y = A B is therefore asked for as Y^T = B^T A^T, and nothing is moved.
class Dense : public Operator {
 public:
  Dense(const Kernel& kernel, std::shared_ptr<Context> context)
      : rows_(blas_size(kernel.batch * kernel.shape.input.positions())),
        inputs_(blas_size(kernel.shape.input.channels)),
        outputs_(blas_size(kernel.shape.output.channels)),
        biased_(kernel.shape.bias),
        precision_(kernel.precision),
        context_(std::move(context)) {}

 protected:
  [[nodiscard]] cudaDataType_t activations() const { return precision_ == Precision::bf16 ? CUDA_R_16BF : CUDA_R_32F; }
  [[nodiscard]] std::byte* weights(const LayerBuffers& b) const { return read_weights(precision_, b); }
  /// Of the biases behind an array of weights, in bytes.
  [[nodiscard]] std::size_t bias_offset(Precision precision) const { return activation_bytes(precision, inputs_ * outputs_); }

  std::int64_t rows_;  // a position of a sample each
  std::int64_t inputs_;
  std::int64_t outputs_;
  bool biased_;
  Precision precision_;
  std::shared_ptr<Context> context_;
};

class Forward final : public Dense {
 public:
  Forward(const Kernel& kernel, std::shared_ptr<Context> context)
      : Dense(kernel, std::move(context)),
        product_(context_, {.rows = outputs_,
                            .columns = rows_,
                            .inner = inputs_,
                            .a = CUBLAS_OP_T,
                            .factors = activations(),
                            .result = activations(),
                            .epilogue = biased_ ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT,
                            .epilogue_offset = bias_offset(precision_)}) {}
  /// Y^T = W X^T, and a bias for each row.
  void run(const LayerBuffers& b) override {
    std::byte* bias = weights(b) + bias_offset(precision_);
    if (!product_.run(weights(b), b.input, b.output, bias) && biased_)
      add_bias(precision_, b.output, bias, rows_, outputs_, context_->stream());
  }

 private:
  Product product_;
};

class BackwardWeights final : public Dense {
 public:
  BackwardWeights(const Kernel& kernel, std::shared_ptr<Context> context)
      : Dense(kernel, std::move(context)),
        product_(context_, {.rows = inputs_,
                            .columns = outputs_,
                            .inner = rows_,
                            .b = CUBLAS_OP_T,
                            .factors = activations(),
                            .epilogue = biased_ ? CUBLASLT_EPILOGUE_BGRADB : CUBLASLT_EPILOGUE_DEFAULT,
                            .epilogue_offset = bias_offset(Precision::fp32)}),
        column_sums_(precision_, rows_, outputs_) {
    if (biased_) context_->scratch(column_sums_.scratch_bytes());
  }
  /// dW^T = X^T dY, and the sums of dY's columns.
  void run(const LayerBuffers& b) override {
    float* bias = b.weight_gradient + inputs_ * outputs_;
    if (!product_.run(b.input, b.output_gradient, b.weight_gradient, bias) && biased_)
      column_sums_.run(b.output_gradient, bias, context_->scratch(column_sums_.scratch_bytes()), context_->stream());
  }

 private:
  Product product_;
  ColumnSums column_sums_;
};

class BackwardData final : public Dense {
 public:
  BackwardData(const Kernel& kernel, std::shared_ptr<Context> context)
      : Dense(kernel, std::move(context)),
        product_(context_, {.rows = inputs_, .columns = rows_, .inner = outputs_, .factors = activations(), .result = activations()}) {}
  /// dX^T = W^T dY^T.
  void run(const LayerBuffers& b) override { static_cast<void>(product_.run(weights(b), b.output_gradient, b.input_gradient, nullptr)); }

 private:
  Product product_;
};

}  // namespace

std::unique_ptr<Operator> dense(const Kernel& kernel, std::shared_ptr<Context> context) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel, std::move(context));
  if (kernel.pass == Pass::backward_weights) return std::make_unique<BackwardWeights>(kernel, std::move(context));
  return std::make_unique<BackwardData>(kernel, std::move(context));
}

}  // namespace forerun::cuda
