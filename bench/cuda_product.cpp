#include <cublasLt.h>

#include <stdexcept>
#include <utility>

#include "bench/cuda_peers.hpp"

namespace forerun::peers {

namespace {

constexpr std::size_t kScratch = std::size_t{64} << 20;

/// C = op(A) op(B), all row-major: in cuBLAS's column-major eyes C^T = op(B)^T op(A)^T.
struct Shape {
  std::int64_t rows, columns, depth;
  bool transpose_a, transpose_b;
};

/// With n = batch, C inputs and C' outputs: y = x W^T, dW = dy^T x, dx = dy W; weights are outputs x inputs.
Shape shape_of(const Kernel& kernel) {
  const std::int64_t n = kernel.batch * kernel.shape.input.positions();
  const std::int64_t inputs = kernel.shape.input.channels, outputs = kernel.shape.output.channels;
  switch (kernel.pass) {
    case Pass::forward: return {n, outputs, inputs, false, true};
    case Pass::backward_weights: return {outputs, inputs, n, true, false};
    default: return {n, inputs, outputs, false, false};
  }
}

class Product {
 public:
  Product(const Kernel& kernel, std::shared_ptr<cuda::Context> context)
      : context_(std::move(context)), kernel_(kernel), rounded_(kernel.precision == Precision::bf16), scratch_(kScratch) {
    using cuda::check;
    check(cublasLtCreate(&handle_), "cublasLtCreate");
    const Shape s = shape_of(kernel);
    const cudaDataType_t type = rounded_ ? CUDA_R_16BF : CUDA_R_32F;
    const cudaDataType_t result = rounded_ && kernel.pass != Pass::backward_weights ? CUDA_R_16BF : CUDA_R_32F;
    check(cublasLtMatmulDescCreate(&product_, rounded_ ? CUBLAS_COMPUTE_32F : CUBLAS_COMPUTE_32F_PEDANTIC, CUDA_R_32F),
          "cublasLtMatmulDescCreate");
    const cublasOperation_t first = s.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N, second = s.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N;
    check(cublasLtMatmulDescSetAttribute(product_, CUBLASLT_MATMUL_DESC_TRANSA, &first, sizeof first), "TRANSA");
    check(cublasLtMatmulDescSetAttribute(product_, CUBLASLT_MATMUL_DESC_TRANSB, &second, sizeof second), "TRANSB");
    layout(b_, type, s.transpose_b ? s.columns : s.depth, s.transpose_b ? s.depth : s.columns);
    layout(a_, type, s.transpose_a ? s.depth : s.rows, s.transpose_a ? s.rows : s.depth);
    layout(c_, result, s.rows, s.columns);
    choose();
  }
  ~Product() {
    for (cublasLtMatrixLayout_t matrix : {a_, b_, c_}) cublasLtMatrixLayoutDestroy(matrix);
    cublasLtMatmulDescDestroy(product_);
    cublasLtDestroy(handle_);
  }
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;

  void run(const LayerBuffers& b) {
    const void* weights = rounded_ ? b.rounded_weights : b.weights;
    switch (kernel_.pass) {
      case Pass::forward: return multiply(b.input, weights, b.output);
      case Pass::backward_weights: return multiply(b.output_gradient, b.input, b.weight_gradient);
      default: return multiply(b.output_gradient, weights, b.input_gradient);
    }
  }

 private:
  /// Of a row-major matrix, whose rows are columns here.
  static void layout(cublasLtMatrixLayout_t& matrix, cudaDataType_t type, std::int64_t rows, std::int64_t columns) {
    cuda::check(cublasLtMatrixLayoutCreate(&matrix, type, static_cast<std::uint64_t>(columns), static_cast<std::uint64_t>(rows), columns),
                "cublasLtMatrixLayoutCreate");
  }

  void choose() {
    cublasLtMatmulPreference_t preference = nullptr;
    cuda::check(cublasLtMatmulPreferenceCreate(&preference), "cublasLtMatmulPreferenceCreate");
    std::size_t scratch = kScratch;
    cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &scratch, sizeof scratch);
    cublasLtMatmulHeuristicResult_t found{};
    int count = 0;
    const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(handle_, product_, b_, a_, c_, c_, preference, 1, &found, &count);
    cublasLtMatmulPreferenceDestroy(preference);
    cuda::check(status, "cublasLtMatmulAlgoGetHeuristic");
    if (count == 0) throw std::runtime_error("cuBLASLt knows no algorithm for the product");
    algorithm_ = found.algo;
  }

  void multiply(const void* a, const void* b, void* c) {
    const float one = 1, zero = 0;
    cuda::check(cublasLtMatmul(handle_, product_, &one, b, b_, a, a_, &zero, c, c_, c, c_, &algorithm_, scratch_.data(), kScratch,
                               context_->stream()),
                "cublasLtMatmul");
  }

  std::shared_ptr<cuda::Context> context_;
  Kernel kernel_;
  bool rounded_;
  cuda::DeviceMemory scratch_;
  cublasLtHandle_t handle_ = nullptr;
  cublasLtMatmulDesc_t product_ = nullptr;
  cublasLtMatrixLayout_t a_ = nullptr, b_ = nullptr, c_ = nullptr;
  cublasLtMatmulAlgo_t algorithm_{};
};

}  // namespace

Call matrix_product(const Kernel& kernel, const std::shared_ptr<cuda::Context>& context) {
  return [product = std::make_shared<Product>(kernel, context)](const LayerBuffers& buffers) { product->run(buffers); };
}

}  // namespace forerun::peers
