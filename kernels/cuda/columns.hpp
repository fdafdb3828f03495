#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "core/workload.hpp"

/// What a bias does to a matrix of activations, and its gradient: kernels over the columns of row-major matrices in float32 or bf16.
/// Launches throw std::runtime_error where they fail.
namespace forerun::cuda {

/// y[r, c] += bias[c], both of the precision.
void add_bias(Precision precision, void* y, const void* bias, std::int64_t rows, std::int64_t columns, cudaStream_t stream);

/// sums[c] = sum over r of y[r, c], in float32 and always in the same order. Chunks of the rows are summed up by themselves first, so that
/// a tall matrix keeps a GPU busy.
class ColumnSums {
 public:
  ColumnSums(Precision precision, std::int64_t rows, std::int64_t columns) : precision_(precision), rows_(rows), columns_(columns) {}

  /// Of device memory, which run() is handed.
  [[nodiscard]] std::size_t scratch_bytes() const;
  void run(const void* y, float* sums, void* scratch, cudaStream_t stream) const;

 private:
  Precision precision_;
  std::int64_t rows_;
  std::int64_t columns_;
};

}  // namespace forerun::cuda
