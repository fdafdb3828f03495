#pragma once

// CUDA's language, as far as the kernels speak it.

#include <chrono>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <utility>

#include "cuda_runtime_api.h"
#include "fibers.hpp"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static  // blocks run one after another, on one thread of the host
#define __align__(bytes) alignas(bytes)

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3() = default;
  constexpr dim3(unsigned along_x, unsigned along_y = 1, unsigned along_z = 1) : x(along_x), y(along_y), z(along_z) {}
};

struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};

inline const cuda_on_host::Index& threadIdx = cuda_on_host::place.thread;
inline dim3 blockIdx, blockDim, gridDim;

namespace cuda_on_host {
/// Shared memory whose size a launch says, of the block that runs.
void* dynamic_shared_memory();

/// Runs a kernel: `body` for each thread of each block.
cudaError_t run_grid(const void* kernel, dim3 blocks, dim3 threads, std::size_t shared_bytes, const std::function<void()>& body);

/// Lets a kernel's blocks have more than 48 KiB of shared memory.
cudaError_t allow_shared(const void* kernel, int bytes);

template <class T>
std::uint64_t bits_of(T value) {
  static_assert(sizeof(T) <= sizeof(std::uint64_t) && std::is_trivially_copyable_v<T>);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  return bits;
}

template <class T>
T value_of(std::uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}
}  // namespace cuda_on_host

inline void __syncthreads() { cuda_on_host::meet_block(); }
inline void __syncwarp(unsigned mask = 0xffffffffU) { cuda_on_host::meet_warp(mask, 0, cuda_on_host::place.number % cuda_on_host::kWarp); }

template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes) {
  const unsigned lane = cuda_on_host::place.number % cuda_on_host::kWarp;
  return cuda_on_host::value_of<T>(cuda_on_host::meet_warp(mask, cuda_on_host::bits_of(value), lane ^ static_cast<unsigned>(lanes)));
}

// Fibers take turns at barriers alone, so that nothing comes between a load and its store.
template <class T>
T atomicAdd(T* sum, T value) {
  const T before = *sum;
  *sum = before + value;
  return before;
}

template <class T>
T __ldg(const T* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}
template <class T>
void __stwb(T* to, T value) {
  std::memcpy(to, &value, sizeof(T));
}

/// Clocks of a multiprocessor; here nanoseconds.
inline long long clock64() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline float __expf(float x) { return std::exp(x); }

struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  std::size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
};

template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...), Arguments&&... arguments) {
  return cuda_on_host::run_grid(reinterpret_cast<const void*>(kernel), config->gridDim, config->blockDim, config->dynamicSmemBytes,
                                [&] { kernel(static_cast<Parameters>(arguments)...); });
}

enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };
template <class Kernel>
cudaError_t cudaFuncSetAttribute(Kernel* kernel, cudaFuncAttribute, int value) {
  return cuda_on_host::allow_shared(reinterpret_cast<const void*>(kernel), value);
}
