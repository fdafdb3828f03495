#pragma once

#include <cuda_runtime.h>

/// The instructions of tensor cores for bf16, which all lanes of a warp call together; compute capability 8.0 and later. Not
/// nvcuda::wmma, because the registers of instructions are documented: a sum can be changed row by row, and become a factor, without a
/// way through memory. Host compilers see tests/kernels/cuda_on_host/kernels/cuda/attention/tensor_cores.cuh.
namespace forerun::cuda {

/// Registers of two elements each, the first in the lower half.
struct Fragment {
  unsigned part[4];
};

/// Four 8 x 8 matrices of 16 bits in shared memory. Lane 8 m + r names row r of matrix m, which starts on 16 bytes. Part m of lane l has
/// elements 2 (l % 4) and the next of row l / 4 of matrix m                                                          [PTX ISA, ldmatrix]
__device__ __forceinline__ Fragment load_matrices(const void* row) {
  Fragment f{};
#if __CUDA_ARCH__ >= 800
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(f.part[0]), "=r"(f.part[1]), "=r"(f.part[2]), "=r"(f.part[3])
               : "r"(static_cast<unsigned>(__cvta_generic_to_shared(row)))
               : "memory");
#else
  __trap();
#endif
  return f;
}

/// The same of each matrix transposed: rows 2 (l % 4) and the next of column l / 4.
__device__ __forceinline__ Fragment load_matrices_transposed(const void* row) {
  Fragment f{};
#if __CUDA_ARCH__ >= 800
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(f.part[0]), "=r"(f.part[1]), "=r"(f.part[2]), "=r"(f.part[3])
               : "r"(static_cast<unsigned>(__cvta_generic_to_shared(row)))
               : "memory");
#else
  __trap();
#endif
  return f;
}

/// sum += a b for a of 16 x 16 and b of 16 x 8. With g = lane / 4 and t = lane % 4 the lane has, from lower to higher [PTX ISA, mma]
///   sum     rows g, g, g + 8, g + 8 of columns 2t, 2t + 1, 2t, 2t + 1
///   a       rows g, g + 8, g, g + 8 of columns 2t and 2t + 1 (parts 0 and 1), then of those 8 further
///   b0, b1  rows 2t and 2t + 1 of column g, then those 8 further
__device__ __forceinline__ void multiply_add(float* sum, const Fragment& a, unsigned b0, unsigned b1) {
#if __CUDA_ARCH__ >= 800
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
               : "r"(a.part[0]), "r"(a.part[1]), "r"(a.part[2]), "r"(a.part[3]), "r"(b0), "r"(b1));
#else
  __trap();
#endif
}

}  // namespace forerun::cuda
