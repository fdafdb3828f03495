#pragma once

#include <cuda_runtime.h>

namespace forerun::cuda {

/// Shared memory whose size the launch says. Host compilers see tests/kernels/cuda_on_host/kernels/cuda/common/dynamic_shared.cuh.
template <class T>
__device__ T* dynamic_shared() {
  extern __shared__ __align__(16) unsigned char shared_memory[];
  return reinterpret_cast<T*>(shared_memory);
}

}  // namespace forerun::cuda
