#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "core/workload.hpp"

/// Kernels of norms over a matrix of rows (positions of all samples) x channels. Statistics, weights and their gradients are float32, as
/// Operator::run lays them out. `scratch` has the bytes that a function's second name says, at a multiple of 16.
/// Launches throw std::runtime_error where they fail.
namespace forerun::cuda {

struct NormShape {
  Precision precision;
  std::int64_t rows;
  std::int64_t channels;
  bool bias;
};

void layer_norm_forward(const NormShape& shape, const void* x, const float* weights, void* y, float* statistics, cudaStream_t stream);
void layer_norm_backward_data(const NormShape& shape, const void* x, const void* dy, const float* weights, const float* statistics,
                              void* dx, cudaStream_t stream);

/// `running` may be null.
void batch_norm_forward(const NormShape& shape, const void* x, const float* weights, void* y, float* statistics, float* running,
                        void* scratch, cudaStream_t stream);
std::size_t batch_norm_forward_scratch(const NormShape& shape);
void batch_norm_backward_data(const NormShape& shape, const void* x, const void* dy, const float* weights, const float* statistics,
                              void* dx, void* scratch, cudaStream_t stream);
std::size_t batch_norm_backward_data_scratch(const NormShape& shape);

/// What `statistics` are of: each channel (batch_norm) or each row (layer_norm).
enum class NormGroups { channels, rows };

/// sums[c] = sum over rows of dy z, sums[channels + c] = sum of dy; the second only with a bias.
void norm_gradient_sums(const NormShape& shape, NormGroups groups, const void* x, const void* dy, const float* statistics, float* sums,
                        void* scratch, cudaStream_t stream);
std::size_t norm_gradient_sums_scratch(const NormShape& shape);

}  // namespace forerun::cuda
