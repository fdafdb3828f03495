#pragma once

#include <cublasLt.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "kernels/cuda/runtime.hpp"

namespace forerun::cuda {

/// D = op(A) op(B) of column-major matrices without gaps: D is rows x columns, the sums have `inner` terms.
struct ProductShape {
  std::int64_t rows = 1;
  std::int64_t columns = 1;
  std::int64_t inner = 1;
  cublasOperation_t a = CUBLAS_OP_N;
  cublasOperation_t b = CUBLAS_OP_N;
  cudaDataType_t factors = CUDA_R_32F;  ///< A and B
  cudaDataType_t result = CUDA_R_32F;   ///< D, and what an epilogue reads or writes
  cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  std::size_t epilogue_offset = 0;  ///< where the epilogue's vector lies behind an array like those of the matrices [bytes]
};

/// A product by cuBLASLt. Sums are float32, those of bf16 too: parts of a sum are never added up in a narrower type. Products of float32
/// are pedantic, without TF32.
///
/// The kernel is the first that cuBLASLt's heuristic names for the shape. It is chosen when the product is made, for arrays that begin
/// at multiples of 16 bytes, and again, once, where arrays of another alignment come.
class Product {
 public:
  /// Throws std::runtime_error where cuBLASLt has no such product, with or without its epilogue.
  Product(std::shared_ptr<Context> context, const ProductShape& shape);

  /// Launches the product on the context's stream. False where cuBLASLt has no kernel with the epilogue, which then is the caller's to do.
  [[nodiscard]] bool run(const void* a, const void* b, void* d, void* epilogue_vector);

 private:
  using Alignments = std::array<std::uint32_t, 4>;  // of A, B, D and the epilogue's vector [bytes]
  struct Plan {
    Alignments alignments{};
    cublasLtMatmulAlgo_t algorithm{};
    std::size_t workspace = 0;
    bool has_epilogue = false;
  };
  template <auto destroy>
  struct Destroyer {
    template <class T>
    void operator()(T* descriptor) const {
      destroy(descriptor);
    }
  };
  using Layout = std::unique_ptr<std::remove_pointer_t<cublasLtMatrixLayout_t>, Destroyer<cublasLtMatrixLayoutDestroy>>;
  using Operation = std::unique_ptr<std::remove_pointer_t<cublasLtMatmulDesc_t>, Destroyer<cublasLtMatmulDescDestroy>>;
  using Preference = std::unique_ptr<std::remove_pointer_t<cublasLtMatmulPreference_t>, Destroyer<cublasLtMatmulPreferenceDestroy>>;

  static Layout layout(cudaDataType_t type, std::int64_t rows, std::int64_t columns);
  static Operation operation(const ProductShape& shape, cublasLtEpilogue_t epilogue);
  [[nodiscard]] Preference preference(const Alignments& alignments) const;
  bool choose(Plan& plan, cublasLtMatmulDesc_t operation) const;
  Plan& plan_for(const Alignments& alignments);

  std::shared_ptr<Context> context_;
  Layout a_, b_, d_;
  Operation plain_, with_epilogue_;  // the latter null where there is none
  std::vector<Plan> plans_;
};

}  // namespace forerun::cuda
