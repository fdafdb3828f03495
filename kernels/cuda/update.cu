#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/launches.hpp"

namespace forerun::cuda {

namespace {

__global__ void update_kernel(float* __restrict__ weights, float* __restrict__ velocity, const float* __restrict__ gradient,
                              std::int64_t count, float learning_rate, float momentum, float gradient_scale) {
  for (std::int64_t i = first_element(); i < count; i += element_stride()) {
    const float v = momentum * velocity[i] + gradient_scale * gradient[i];
    velocity[i] = v;
    weights[i] -= learning_rate * v;
  }
}

}  // namespace

void update(float* weights, float* velocity, const float* gradient, std::int64_t count, float learning_rate, float momentum,
            float gradient_scale, cudaStream_t stream) {
  launch("update", update_kernel, blocks_for(count), kThreads, 0, stream, weights, velocity, gradient, count, learning_rate, momentum,
         gradient_scale);
}

}  // namespace forerun::cuda
