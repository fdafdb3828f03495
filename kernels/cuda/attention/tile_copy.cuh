#pragma once

#include <cuda_runtime.h>

/// Copies from global to shared memory that go on while the thread calculates, 16 bytes each. Compute capability 8.0 and later.
/// Host compilers see tests/kernels/cuda_on_host/kernels/cuda/attention/tile_copy.cuh.
namespace forerun::cuda {

/// Starts a copy; zeros where there is nothing to copy. Both addresses are multiples of 16, and `global` can be read in any case.
__device__ __forceinline__ void start_copy(void* shared, const void* global, bool there) {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(static_cast<unsigned>(__cvta_generic_to_shared(shared))),
               "l"(__cvta_generic_to_global(global)), "r"(there ? 16 : 0)
               : "memory");
#else
  __trap();
#endif
}

/// Waits for all copies that the calling thread has started. Other threads see them after a barrier.
__device__ __forceinline__ void wait_for_copies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_all;" ::: "memory");
#else
  __trap();
#endif
}

}  // namespace forerun::cuda
