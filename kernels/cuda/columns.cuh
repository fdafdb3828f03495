#pragma once

#include <algorithm>
#include <type_traits>

#include "kernels/cuda/common/vectors.cuh"

/// Sums over the rows of a matrix, column by column. A block has a tile of columns and a chunk of rows and leaves partial sums; another
/// kernel adds those up. How the rows are cut depends on the shape alone and sums are taken in one order, so that the result is always the
/// same, on any device.
namespace forerun::cuda {

struct ColumnGrid {
  dim3 blocks;   ///< x along the columns, y the chunks
  dim3 threads;  ///< x along the columns, several columns each; y over a chunk's rows
  std::int64_t chunk_rows;

  [[nodiscard]] std::int64_t chunks() const { return blocks.y; }
};

/// `width` is the columns of a thread. Enough blocks for the largest GPU, of at least four rows a thread.
inline ColumnGrid column_grid(std::int64_t rows, std::int64_t columns, int width) {
  constexpr std::int64_t kBlocks = 1024, kLeastRows = 4;
  const std::int64_t accesses = ceil_div(columns, width);
  unsigned along = 1;
  while (along < kWarpLanes && along < accesses) along *= 2;
  const unsigned down = kThreads / along;
  const std::int64_t tiles = ceil_div(accesses, along), least = kLeastRows * down;
  const std::int64_t chunks = std::clamp<std::int64_t>(kBlocks / tiles, 1, ceil_div(rows, least));
  const std::int64_t chunk_rows = ceil_div(rows, chunks);
  return {dim3(static_cast<unsigned>(tiles), static_cast<unsigned>(ceil_div(rows, chunk_rows))), dim3(along, down), chunk_rows};
}

/// Calls launch(width, grid) with the columns of a thread as a constant: a vector of them where rows are whole vectors and all arrays are
/// aligned, else one.
template <class T, class Launch>
void over_columns(std::int64_t rows, std::int64_t columns, bool all_aligned, Launch launch) {
  const auto with = [&](auto width) { launch(width, column_grid(rows, columns, width)); };
  if (all_aligned && columns % kVectorWidth<T> == 0)
    with(std::integral_constant<int, kVectorWidth<T>>{});
  else
    with(std::integral_constant<int, 1>{});
}

/// The most chunks that over_columns() cuts the rows into.
inline std::int64_t most_chunks(std::int64_t rows, std::int64_t columns) {
  std::int64_t chunks = 0;
  for (const int width : {1, kVectorWidth<float>, kVectorWidth<__nv_bfloat16>})
    chunks = std::max(chunks, column_grid(rows, columns, width).chunks());
  return chunks;
}

/// A kernel's place in the grid: its first column, its first row, and the row behind its chunk's last.
struct ColumnPlace {
  std::int64_t column;
  std::int64_t row;
  std::int64_t end;
};
template <int Width>
__device__ __forceinline__ ColumnPlace column_place(std::int64_t chunk_rows, std::int64_t rows) {
  const std::int64_t first = blockIdx.y * chunk_rows, end = first + chunk_rows < rows ? first + chunk_rows : rows;
  return {(static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * Width, first + threadIdx.y, end};
}

/// Adds up what the threads of a column have, in shared memory of kThreads x Count floats; the sums are those of threadIdx.y 0.
/// Every thread of the block calls it, blockDim.y is a power of two.
template <int Count>
__device__ __forceinline__ void add_up_columns(float (&sums)[Count]) {
  __shared__ float shared[Count][kThreads];
  const unsigned self = threadIdx.y * blockDim.x + threadIdx.x;
  for (int i = 0; i < Count; ++i) shared[i][self] = sums[i];
  for (unsigned apart = blockDim.y / 2; apart > 0; apart /= 2) {
    __syncthreads();
    if (threadIdx.y >= apart) continue;
    for (int i = 0; i < Count; ++i) shared[i][self] += shared[i][self + apart * blockDim.x];
  }
  if (threadIdx.y == 0)
    for (int i = 0; i < Count; ++i) sums[i] = shared[i][self];
  __syncthreads();  // who calls again writes there
}

/// Blocks that join the chunks of each column: x 8 columns, a sector of memory, y over the chunks.
inline constexpr unsigned kJoinColumns = 8;
inline dim3 join_threads() { return {kJoinColumns, kThreads / kJoinColumns}; }
inline unsigned join_blocks(std::int64_t columns) { return static_cast<unsigned>(ceil_div(columns, kJoinColumns)); }

}  // namespace forerun::cuda
