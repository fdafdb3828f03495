#include "kernels/cuda/common/launch.cuh"
#include "kernels/cuda/microbenchmarks/delay.hpp"

namespace forerun::cuda {

namespace {

constexpr double kClock = 2e9;  // Hz, of a multiprocessor: none of today's is much faster

__global__ void empty_kernel() {}

__global__ void delay_kernel(long long clocks) {
  const long long start = clock64();
  while (clock64() - start < clocks) continue;
}

}  // namespace

void launch_empty(cudaStream_t stream) { launch("an empty kernel", empty_kernel, 1, 32, 0, stream); }

void launch_delay(Seconds duration, cudaStream_t stream) {
  launch("a delay", delay_kernel, 1, 1, 0, stream, static_cast<long long>(duration.value() * kClock));
}

}  // namespace forerun::cuda
