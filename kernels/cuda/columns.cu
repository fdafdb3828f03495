#include <algorithm>

#include "kernels/cuda/columns.hpp"
#include "kernels/cuda/common/vectors.cuh"

// Both kernels are bound by memory: they read the matrix once (the bias is written, too), in rows of neighbouring threads. A block is a
// tile of as many lanes along a row as it has, up to a warp, and takes further rows with the threads that are left.

namespace forerun::cuda {

namespace {

constexpr int kRowsAtOnce = 4;                   // loads of a thread under way together, without which few blocks wait for each
constexpr std::int64_t kRowsOfAThread = 8;       // that repay what a part costs
constexpr std::int64_t kPartsOfATile = 16;       // that one thread may have to add up of another launch
constexpr std::int64_t kMostBlocksOfAll = 1024;  // some waves of a large GPU

struct Tile {
  int lanes;  // along a row, each with a vector
  int rows;
};

Tile tile_for(std::int64_t vectors) {
  int lanes = 1;
  while (lanes < vectors && lanes < kWarpLanes) lanes *= 2;
  return {lanes, kThreads / lanes};
}

unsigned blocks_along(std::int64_t vectors, const Tile& tile) { return static_cast<unsigned>(ceil_div(vectors, tile.lanes)); }

template <class T, int Width>
__global__ void add_bias_kernel(T* __restrict__ y, const T* __restrict__ bias, std::int64_t rows, std::int64_t columns) {
  const std::int64_t column = (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * Width;
  if (column >= columns) return;
  float shift[Width];
  for (int e = 0; e < Width; ++e) shift[e] = to_float(bias[column + e]);
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.y) * blockDim.y;
  for (std::int64_t row = static_cast<std::int64_t>(blockIdx.y) * blockDim.y + threadIdx.y; row < rows; row += stride) {
    float values[Width];
    load_floats(y + row * columns + column, values);
    for (int e = 0; e < Width; ++e) values[e] += shift[e];
    store_floats(y + row * columns + column, values);
  }
}

/// Sums of `rows_of_part` rows from row blockIdx.y * rows_of_part on, to row blockIdx.y of `sums`.
template <class T, int Width>
__global__ void sum_columns_kernel(const T* __restrict__ y, float* __restrict__ sums, std::int64_t rows, std::int64_t columns,
                                   std::int64_t rows_of_part) {
  __shared__ float partial[Width][kThreads];
  const std::int64_t column = (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * Width;
  const std::int64_t first = blockIdx.y * rows_of_part, end = first + rows_of_part < rows ? first + rows_of_part : rows;
  float sum[Width] = {};
  if (column < columns) {
    std::int64_t row = first + threadIdx.y;
    for (; row + (kRowsAtOnce - 1) * blockDim.y < end; row += kRowsAtOnce * blockDim.y) {
      float values[kRowsAtOnce][Width];
      for (int r = 0; r < kRowsAtOnce; ++r) load_floats(y + (row + r * blockDim.y) * columns + column, values[r]);
      for (int r = 0; r < kRowsAtOnce; ++r)
        for (int e = 0; e < Width; ++e) sum[e] += values[r][e];
    }
    for (; row < end; row += blockDim.y) {
      float values[Width];
      load_floats(y + row * columns + column, values);
      for (int e = 0; e < Width; ++e) sum[e] += values[e];
    }
  }
  const int self = threadIdx.y * blockDim.x + threadIdx.x;
  for (int e = 0; e < Width; ++e) partial[e][self] = sum[e];
  for (int half = kThreads / 2; half >= static_cast<int>(blockDim.x); half /= 2) {
    __syncthreads();
    if (self < half)
      for (int e = 0; e < Width; ++e) partial[e][self] += partial[e][self + half];
  }
  if (threadIdx.y > 0 || column >= columns) return;
  for (int e = 0; e < Width; ++e) sums[blockIdx.y * columns + column + e] = partial[e][self];
}

/// `parts` of the rows, each to a row of its own.
template <class T>
void sum_columns(const T* y, float* sums, std::int64_t rows, std::int64_t columns, std::int64_t parts, cudaStream_t stream) {
  const std::int64_t rows_of_part = ceil_div(rows, parts);
  const auto launch_with = [&](auto kernel, int width) {
    const Tile tile = tile_for(columns / width);
    launch("sums of columns", kernel, dim3(blocks_along(columns / width, tile), static_cast<unsigned>(parts)), dim3(tile.lanes, tile.rows),
           0, stream, y, sums, rows, columns, rows_of_part);
  };
  constexpr int kWidth = kVectorWidth<T>;
  if (columns % kWidth == 0 && aligned(y))
    launch_with(sum_columns_kernel<T, kWidth>, kWidth);
  else
    launch_with(sum_columns_kernel<T, 1>, 1);
}

}  // namespace

void add_bias(Precision precision, void* y, const void* bias, std::int64_t rows, std::int64_t columns, cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    constexpr int kWidth = kVectorWidth<T>;
    const auto launch_with = [&](auto kernel, int width) {
      const Tile tile = tile_for(columns / width);
      const unsigned along = blocks_along(columns / width, tile);
      const std::int64_t down = std::min(ceil_div(rows, tile.rows), std::max<std::int64_t>(1, kMostBlocks / along));
      launch("add_bias", kernel, dim3(along, static_cast<unsigned>(down)), dim3(tile.lanes, tile.rows), 0, stream, static_cast<T*>(y),
             static_cast<const T*>(bias), rows, columns);
    };
    if (columns % kWidth == 0 && aligned(y))
      launch_with(add_bias_kernel<T, kWidth>, kWidth);
    else
      launch_with(add_bias_kernel<T, 1>, 1);
  });
}

ColumnSums::ColumnSums(Precision precision, std::int64_t rows, std::int64_t columns)
    : precision_(precision), rows_(rows), columns_(columns) {
  const std::int64_t width = precision == Precision::bf16 ? kVectorWidth<__nv_bfloat16> : kVectorWidth<float>;
  const std::int64_t vectors = columns % width == 0 ? columns / width : columns;
  const Tile tile = tile_for(vectors);
  const std::int64_t wanted = std::min(kMostBlocksOfAll / blocks_along(vectors, tile), kPartsOfATile * tile.rows);
  parts_ = std::clamp<std::int64_t>(rows / (kRowsOfAThread * tile.rows), 1, std::max<std::int64_t>(1, wanted));
}

std::size_t ColumnSums::scratch_bytes() const { return parts_ == 1 ? 0 : static_cast<std::size_t>(parts_ * columns_) * sizeof(float); }

void ColumnSums::run(const void* y, float* sums, void* scratch, cudaStream_t stream) const {
  float* first_sums = parts_ == 1 ? sums : static_cast<float*>(scratch);
  with_element(precision_,
               [&](auto element) { sum_columns(static_cast<const decltype(element)*>(y), first_sums, rows_, columns_, parts_, stream); });
  if (parts_ > 1) sum_columns(first_sums, sums, parts_, columns_, 1, stream);
}

}  // namespace forerun::cuda
