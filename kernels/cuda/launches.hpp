#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

/// The project's own kernels: each function launches one on a stream, and throws std::runtime_error where that fails.
namespace forerun::cuda {

/// velocity = momentum velocity + gradient_scale gradient; weights -= learning_rate velocity.
void update(float* weights, float* velocity, const float* gradient, std::int64_t count, float learning_rate, float momentum,
            float gradient_scale, cudaStream_t stream);

}  // namespace forerun::cuda
