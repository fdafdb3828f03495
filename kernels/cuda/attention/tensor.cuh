#pragma once

#include "kernels/cuda/attention/draws.cuh"
#include "kernels/cuda/attention/tile_copy.cuh"
#include "kernels/cuda/attention/tile_product.cuh"
#include "kernels/cuda/attention/tiles.cuh"

/// What both passes of an attention by tensor cores share. Blocks have four warps, each of which has rows of its own: scores are sums of
/// a warp, whose softmax becomes a factor of the next product in registers [Dao 2023, section 3.3].
namespace forerun::cuda {

inline constexpr int kTensorThreads = 128;
inline constexpr int kTensorWarps = kTensorThreads / kWarpLanes;
inline constexpr int kChunk = 8;  ///< elements of 16 bytes

/// Rows of tiles in shared memory lie 16 bytes further apart than their channels say, so that eight of them meet all banks once.
template <int D>
inline constexpr int kTensorStride = D + kChunk;

/// Starts to bring `count` rows from position `first` on to shared memory, with zeros for channels and positions that are not there.
template <int D>
__device__ __forceinline__ void start_rows(__nv_bfloat16* shared, const HeadRows<const __nv_bfloat16>& from, int first, int count,
                                           bool vectors) {
  constexpr int kChunks = D / kChunk, kStep = kTensorThreads / kChunks;  // a thread has one chunk of every kStep-th row
  const int thread = static_cast<int>(threadIdx.x), own = thread / kChunks, channel = thread % kChunks * kChunk;
  const int rows = channel < from.channels ? from.rows - first : 0;
  const __nv_bfloat16* source = from.row(first + own) + channel;
  __nv_bfloat16* to = shared + own * kTensorStride<D> + channel;
  const std::int64_t step = static_cast<std::int64_t>(kStep) * from.stride;
  if (vectors) {
#pragma unroll
    for (int row = 0; row < count; row += kStep, source += step) {
      const bool there = own + row < rows;
      start_copy(to + row * kTensorStride<D>, there ? source : from.first, there);
    }
    return;
  }
#pragma unroll 1
  for (int row = 0; row < count; row += kStep, source += step)
    for (int e = 0; e < kChunk; ++e)
      to[row * kTensorStride<D> + e] = own + row < rows && channel + e < from.channels ? source[e] : __float2bfloat16(0.0F);
}

/// sums += rows columns^T of a warp's rows: a tile of columns that is read once serves all of them.
template <int D, int RowTiles, int ColumnTiles>
__device__ __forceinline__ void multiply_rows(TileSum (&sums)[RowTiles][ColumnTiles], const __nv_bfloat16* own,
                                              const __nv_bfloat16* columns) {
  constexpr int kStride = kTensorStride<D>;
#pragma unroll
  for (int k = 0; k < D; k += kTile) {
    LeftTile left[RowTiles];
#pragma unroll
    for (int m = 0; m < RowTiles; ++m) left[m] = load_left(own + m * kTile * kStride + k, kStride);
#pragma unroll
    for (int j = 0; j < ColumnTiles; ++j) {
      const RightTile right = load_right_transposed(columns + j * kTile * kStride + k, kStride);
#pragma unroll
      for (int m = 0; m < RowTiles; ++m) multiply_add(sums[m][j], left[m], right);
    }
  }
}

/// A warp's 16 rows of sums, each times a factor, to positions from `first` on. They go by way of the warp's own rows in shared memory,
/// so that memory is written 16 bytes at a time.
template <int D>
__device__ __forceinline__ void write_rows(const TileSum (&sums)[D / kTile], float upper, float lower, __nv_bfloat16* own,
                                           const HeadRows<__nv_bfloat16>& to, int first, bool vectors) {
  constexpr int kChunks = D / kChunk;
  const int lane = static_cast<int>(threadIdx.x) % kWarpLanes;
  __syncwarp();  // all have read the rows
#pragma unroll
  for (int n = 0; n < D / kTile; ++n) store(sums[n], upper, lower, own + n * kTile, kTensorStride<D>);
  __syncwarp();
#pragma unroll 1
  for (int i = lane; i < kTile * kChunks; i += kWarpLanes) {
    const int row = i / kChunks, channel = i % kChunks * kChunk, position = first + row;
    if (position >= to.rows || channel >= to.channels) continue;
    const __nv_bfloat16* from = own + row * kTensorStride<D> + channel;
    if (vectors) {
      *reinterpret_cast<uint4*>(to.row(position) + channel) = *reinterpret_cast<const uint4*>(from);
    } else {
      for (int e = 0; e < kChunk && channel + e < to.channels; ++e) to.row(position)[channel + e] = from[e];
    }
  }
}

}  // namespace forerun::cuda
