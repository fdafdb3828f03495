#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

/// The project's own kernels: each function launches one on a stream, and throws std::runtime_error where that fails.
namespace forerun::cuda {

/// y[r, c] += bias[c] for row-major y of rows x columns.
void add_bias(float* y, const float* bias, std::int64_t rows, std::int64_t columns, cudaStream_t stream);

/// sums[c] = sum over r of y[r, c] for row-major y of rows x columns.
void sum_rows(const float* y, float* sums, std::int64_t rows, std::int64_t columns, cudaStream_t stream);

/// velocity = momentum velocity + gradient_scale gradient; weights -= learning_rate velocity.
void update(float* weights, float* velocity, const float* gradient, std::int64_t count, float learning_rate, float momentum,
            float gradient_scale, cudaStream_t stream);

}  // namespace forerun::cuda
