#pragma once

#include "kernels/cuda/common/launch.cuh"

/// Rows of a matrix that are each a matter of one group of threads: a warp, several to a block, or a whole block where a row is long.
namespace forerun::cuda {

struct RowGroups {
  dim3 blocks;
  dim3 threads;  ///< x along a row; y the rows of a block, one where x is more than a warp
};

/// Groups for so many rows, of the least power of two of threads, `most_threads` at most, that leaves each `accesses` accesses or fewer of
/// a row's `row_accesses`.
inline RowGroups row_groups(std::int64_t rows, std::int64_t row_accesses, int accesses, int most_threads) {
  constexpr unsigned kRowsOfBlock = kThreads / kWarpLanes;
  int along = kWarpLanes;
  while (along < most_threads && static_cast<std::int64_t>(along) * accesses < row_accesses) along *= 2;
  const unsigned of_block = along == kWarpLanes ? kRowsOfBlock : 1;
  return {static_cast<unsigned>(ceil_div(rows, of_block)), dim3(static_cast<unsigned>(along), of_block)};
}

/// The row of the calling thread, which may be past the end of the matrix; then its whole warp is, and only where a block has several.
__device__ __forceinline__ std::int64_t group_row() { return static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y; }

template <class Combine>
__device__ __forceinline__ float combine_warps(float value, float neutral, Combine combine) {
  __shared__ float of_warp[kWarpLanes];
  const unsigned lane = threadIdx.x % kWarpLanes, warps = blockDim.x / kWarpLanes;
  if (lane == 0) of_warp[threadIdx.x / kWarpLanes] = value;
  __syncthreads();
  value = combine(lane < warps ? of_warp[lane] : neutral);
  __syncthreads();  // the next call writes there
  return value;
}

/// The sum, and the largest, over the threads of a row, for all of them: every thread of the row calls it.
__device__ __forceinline__ float row_sum(float value) {
  value = lane_sum(value);
  if (blockDim.x == kWarpLanes) return value;
  return combine_warps(value, 0, [](float of_warp) { return lane_sum(of_warp); });
}

__device__ __forceinline__ float row_max(float value) {
  value = lane_max(value);
  if (blockDim.x == kWarpLanes) return value;
  return combine_warps(value, value, [](float of_warp) { return lane_max(of_warp); });
}

}  // namespace forerun::cuda
