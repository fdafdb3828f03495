#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "core/workload.hpp"

/// Kernels of a table of `rows` rows, of which each position picks one. Launches throw std::runtime_error where they fail.
namespace forerun::cuda {

struct EmbeddingShape {
  Precision precision;  ///< of what is handed out, and of its gradient
  std::int64_t positions;
  std::int64_t rows;
  std::int64_t channels;
};

/// y[p] = the row that p picks, of `rounded` (bf16) where that is not null and the precision is bf16, else of the float32 weights.
void embedding_forward(const EmbeddingShape& shape, const float* weights, const void* rounded, const std::int32_t* picked, void* y,
                       cudaStream_t stream);

/// dw[row] = the sum of dy over the positions that picked the row, added to what is there if `adds`. Positions are first sorted by row with
/// their order kept, in integers, then summed in that order, so that the result is always the same without atomic sums of floats.
/// `scratch` has embedding_scratch(shape) bytes.
void embedding_backward(const EmbeddingShape& shape, const std::int32_t* picked, const void* dy, float* dw, bool adds, void* scratch,
                        cudaStream_t stream);
std::size_t embedding_scratch(const EmbeddingShape& shape);

}  // namespace forerun::cuda
