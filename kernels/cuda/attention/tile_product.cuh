#pragma once

#include <cuda_bf16.h>

#include "kernels/cuda/attention/tensor_cores.cuh"

/// Products of 16 x 16 tiles of bf16 by the tensor cores of one warp, all of whose lanes call together, with float32 sums. Tiles lie in
/// shared memory, in row-major matrices whose rows start on 16 bytes, `stride` elements apart.
namespace forerun::cuda {

inline constexpr int kTile = 16;

/// A lane's eight elements of a sum: element i stands in row tile_row(i), column tile_column(i).
struct TileSum {
  float at[8] = {};
};
__device__ __forceinline__ int tile_row(int element) { return static_cast<int>(threadIdx.x) % 32 / 4 + 8 * (element / 2 % 2); }
__device__ __forceinline__ int tile_column(int element) {
  return 2 * (static_cast<int>(threadIdx.x) % 4) + element % 2 + 8 * (element / 4);
}

struct LeftTile {
  Fragment rows;
};
struct RightTile {
  Fragment columns;
};

__device__ __forceinline__ LeftTile load_left(const __nv_bfloat16* tile, int stride) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  return {load_matrices(tile + lane % 16 * stride + lane / 16 * 8)};
}

__device__ __forceinline__ RightTile load_right(const __nv_bfloat16* tile, int stride) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  return {load_matrices_transposed(tile + lane % 16 * stride + lane / 16 * 8)};
}

/// The tile turned over: its rows in memory are the factor's columns.
__device__ __forceinline__ RightTile load_right_transposed(const __nv_bfloat16* tile, int stride) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  return {load_matrices(tile + (lane / 16 * 8 + lane % 8) * stride + lane / 8 % 2 * 8)};
}

/// sum += left right.
__device__ __forceinline__ void multiply_add(TileSum& sum, const LeftTile& left, const RightTile& right) {
  multiply_add(sum.at, left.rows, right.columns.part[0], right.columns.part[1]);
  multiply_add(sum.at + 4, left.rows, right.columns.part[2], right.columns.part[3]);
}

/// Two numbers rounded to bf16, the first in the lower half.
__device__ __forceinline__ unsigned rounded_pair(float first, float second) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(first, second);
  return static_cast<unsigned>(__bfloat16_as_ushort(pair.x)) | static_cast<unsigned>(__bfloat16_as_ushort(pair.y)) << 16;
}

/// A sum, rounded to bf16, as a left factor.
__device__ __forceinline__ LeftTile as_left(const TileSum& s) {
  return {
      {{rounded_pair(s.at[0], s.at[1]), rounded_pair(s.at[2], s.at[3]), rounded_pair(s.at[4], s.at[5]), rounded_pair(s.at[6], s.at[7])}}};
}

/// A sum, rounded to bf16, times a factor for the upper eight rows' row of the lane and one for the lower eight's.
__device__ __forceinline__ void store(const TileSum& sum, float upper, float lower, __nv_bfloat16* tile, int stride) {
#pragma unroll
  for (int i = 0; i < 8; i += 2) {
    const float factor = i / 2 % 2 == 0 ? upper : lower;
    *reinterpret_cast<unsigned*>(tile + tile_row(i) * stride + tile_column(i)) = rounded_pair(sum.at[i] * factor, sum.at[i + 1] * factor);
  }
}

}  // namespace forerun::cuda
