#include "kernels/cuda/check.hpp"
#include "kernels/cuda/launches.hpp"

namespace forerun::cuda {

namespace {

constexpr int kThreads = 256;
constexpr int kMostBlocks = 4096;  // threads stride over what is left

__global__ void update_kernel(float* __restrict__ weights, float* __restrict__ velocity, const float* __restrict__ gradient,
                              std::int64_t count, float learning_rate, float momentum, float gradient_scale) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += stride) {
    const float v = momentum * velocity[i] + gradient_scale * gradient[i];
    velocity[i] = v;
    weights[i] -= learning_rate * v;
  }
}

}  // namespace

void update(float* weights, float* velocity, const float* gradient, std::int64_t count, float learning_rate, float momentum,
            float gradient_scale, cudaStream_t stream) {
  const std::int64_t blocks = (count + kThreads - 1) / kThreads;
  update_kernel<<<static_cast<unsigned>(blocks < kMostBlocks ? blocks : kMostBlocks), kThreads, 0, stream>>>(
      weights, velocity, gradient, count, learning_rate, momentum, gradient_scale);
  check(cudaGetLastError(), "update");
}

}  // namespace forerun::cuda
