#pragma once

#include <cuda_runtime.h>

namespace forerun::cuda {

/// Shared memory whose size the launch says.
template <class T>
__device__ T* dynamic_shared() {
  extern __shared__ __align__(16) unsigned char shared_memory[];
  return reinterpret_cast<T*>(shared_memory);
}

}  // namespace forerun::cuda
