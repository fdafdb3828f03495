#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#include "kernels/ceil_div.hpp"
#include "kernels/cuda/common/check.hpp"
#include "kernels/cuda/common/dynamic_shared.cuh"

/// What the project's kernels share. They are launched by a function of the library and not by `<<< >>>`, so that a host's compiler, too,
/// takes every source of theirs: tests/kernels/cuda_on_host runs them where there is no GPU.
namespace forerun::cuda {

inline constexpr int kThreads = 256;
inline constexpr int kMostBlocks = 4096;  ///< of elementwise kernels: threads stride over what is left
inline constexpr int kWarpLanes = 32;

constexpr unsigned blocks_for(std::int64_t count, int threads = kThreads) {
  const std::int64_t blocks = ceil_div(count, threads);
  return static_cast<unsigned>(blocks < kMostBlocks ? blocks : kMostBlocks);
}

/// Shared memory that a kernel may declare beside what its launch asks for, and what a block may have of both without being allowed more.
inline constexpr std::size_t kDeclaredShared = 1 << 10;
inline constexpr std::size_t kUsualShared = 48 << 10;

/// Throws std::runtime_error in the name of `what` where the kernel cannot be launched. Nothing is done for an empty grid.
template <class... Parameters, class... Arguments>
void launch(const char* what, void (*kernel)(Parameters...), dim3 blocks, dim3 threads, std::size_t shared_bytes, cudaStream_t stream,
            Arguments... arguments) {
  if (blocks.x == 0 || blocks.y == 0 || blocks.z == 0) return;
  if (shared_bytes + kDeclaredShared > kUsualShared)
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes)), what);
  cudaLaunchConfig_t config{};
  config.gridDim = blocks;
  config.blockDim = threads;
  config.dynamicSmemBytes = shared_bytes;
  config.stream = stream;
  check(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...), what);
}

/// An element of an activation as the number that kernels calculate with, and back.
__device__ __forceinline__ float to_float(float value) { return value; }
__device__ __forceinline__ float to_float(__nv_bfloat16 value) { return __bfloat162float(value); }
template <class T>
__device__ __forceinline__ T from_float(float value);
template <>
__device__ __forceinline__ float from_float<float>(float value) {
  return value;
}
template <>
__device__ __forceinline__ __nv_bfloat16 from_float<__nv_bfloat16>(float value) {
  return __float2bfloat16(value);
}

/// The calling thread's first element of a grid that strides over many, and the stride.
__device__ __forceinline__ std::int64_t first_element() { return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; }
__device__ __forceinline__ std::int64_t element_stride() { return static_cast<std::int64_t>(gridDim.x) * blockDim.x; }

/// The sum, and the largest, over each so many lanes of a warp that follow one another, for all of them: every lane of the warp calls it.
template <int Lanes = kWarpLanes>
__device__ __forceinline__ float lane_sum(float value) {
  for (int apart = Lanes / 2; apart > 0; apart /= 2) value += __shfl_xor_sync(0xffffffffU, value, apart);
  return value;
}
template <int Lanes = kWarpLanes>
__device__ __forceinline__ float lane_max(float value) {
  for (int apart = Lanes / 2; apart > 0; apart /= 2) value = fmaxf(value, __shfl_xor_sync(0xffffffffU, value, apart));
  return value;
}

}  // namespace forerun::cuda
