#pragma once

#include <cuda_runtime.h>

namespace forerun::cuda {

/// 2^x to 2^-22 of it, in one instruction; numbers below the least normal one become zero. exp2f() takes three more for those.
/// Host compilers see tests/kernels/cuda_on_host/kernels/cuda/attention/exponential.cuh.
__device__ __forceinline__ float fast_exp2(float x) {
  float power;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(x));
  return power;
}

}  // namespace forerun::cuda
