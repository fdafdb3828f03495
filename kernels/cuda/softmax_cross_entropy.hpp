#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "core/workload.hpp"

/// Kernels of softmax_cross_entropy over rows of `classes` logits in a precision, which may start anywhere. Launches throw
/// std::runtime_error where they fail.
namespace forerun::cuda {

struct SoftmaxShape {
  Precision precision;
  std::int64_t rows;
  std::int64_t classes;
};

/// p = softmax(x); row_losses[r] = log sum exp(x[r] - max x[r]) - (x[r, label] - max x[r]), finite for any finite x.
/// Rows are read once where a block, which may have so many bytes of shared memory, can keep one.
void softmax_forward(const SoftmaxShape& shape, const void* x, const std::int32_t* labels, void* p, float* row_losses,
                     std::size_t shared_bytes, cudaStream_t stream);

/// mean = the sum of values / count, in an order that is always the same.
void mean_of(const float* values, std::int64_t count, float* mean, cudaStream_t stream);

/// dx = (p - onehot(label)) / rows.
void softmax_backward(const SoftmaxShape& shape, const void* p, const std::int32_t* labels, void* dx, cudaStream_t stream);

}  // namespace forerun::cuda
