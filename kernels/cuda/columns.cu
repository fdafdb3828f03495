#include "kernels/cuda/columns.cuh"
#include "kernels/cuda/columns.hpp"

// The kernels are bound by memory: they read the matrix once (the bias is written, too), in rows of neighbouring threads.

namespace forerun::cuda {

namespace {

constexpr int kRowsAtOnce = 4;  // loads of a thread under way together, without which few blocks wait for each

template <class T, int Width>
__global__ void __launch_bounds__(kThreads)
    add_bias_kernel(T* __restrict__ y, const T* __restrict__ bias, std::int64_t rows, std::int64_t columns, std::int64_t chunk_rows) {
  const ColumnPlace place = column_place<Width>(chunk_rows, rows);
  if (place.column >= columns) return;
  float shift[Width];
  for (int e = 0; e < Width; ++e) shift[e] = to_float(bias[place.column + e]);
  for (std::int64_t r = place.row; r < place.end; r += blockDim.y) {
    float values[Width];
    load_floats(y + r * columns + place.column, values);
    for (int e = 0; e < Width; ++e) values[e] += shift[e];
    store_floats(y + r * columns + place.column, values);
  }
}

/// The sums of a chunk of rows, to row blockIdx.y of `sums`.
template <class T, int Width>
__global__ void __launch_bounds__(kThreads)
    chunk_kernel(const T* __restrict__ y, float* __restrict__ sums, std::int64_t rows, std::int64_t columns, std::int64_t chunk_rows) {
  const ColumnPlace place = column_place<Width>(chunk_rows, rows);
  const bool has_columns = place.column < columns;
  float sum[Width] = {};
  if (has_columns) {
    std::int64_t r = place.row;
    for (; r + (kRowsAtOnce - 1) * blockDim.y < place.end; r += kRowsAtOnce * blockDim.y) {
      float values[kRowsAtOnce][Width];
      for (int i = 0; i < kRowsAtOnce; ++i) load_floats(y + (r + i * blockDim.y) * columns + place.column, values[i]);
      for (int i = 0; i < kRowsAtOnce; ++i)
        for (int e = 0; e < Width; ++e) sum[e] += values[i][e];
    }
    for (; r < place.end; r += blockDim.y) {
      float values[Width];
      load_floats(y + r * columns + place.column, values);
      for (int e = 0; e < Width; ++e) sum[e] += values[e];
    }
  }
  add_up_columns(sum);
  if (threadIdx.y > 0 || !has_columns) return;
  for (int e = 0; e < Width; ++e) sums[blockIdx.y * columns + place.column + e] = sum[e];
}

__global__ void __launch_bounds__(kThreads)
    join_kernel(const float* __restrict__ partial, float* __restrict__ sums, std::int64_t columns, std::int64_t chunks) {
  const std::int64_t c = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  float sum[1] = {};
  if (c < columns)
#pragma unroll 4
    for (std::int64_t chunk = threadIdx.y; chunk < chunks; chunk += blockDim.y) sum[0] += partial[chunk * columns + c];
  add_up_columns(sum);
  if (threadIdx.y == 0 && c < columns) sums[c] = sum[0];
}

}  // namespace

void add_bias(Precision precision, void* y, const void* bias, std::int64_t rows, std::int64_t columns, cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    over_columns<T>(rows, columns, aligned(y), [&](auto width, const ColumnGrid& grid) {
      launch("add_bias", add_bias_kernel<T, decltype(width)::value>, grid.blocks, grid.threads, 0, stream, static_cast<T*>(y),
             static_cast<const T*>(bias), rows, columns, grid.chunk_rows);
    });
  });
}

std::size_t ColumnSums::scratch_bytes() const { return static_cast<std::size_t>(most_chunks(rows_, columns_) * columns_) * sizeof(float); }

void ColumnSums::run(const void* y, float* sums, void* scratch, cudaStream_t stream) const {
  const char* what = "sums of columns";
  with_element(precision_, [&](auto element) {
    using T = decltype(element);
    over_columns<T>(rows_, columns_, aligned(y), [&](auto width, const ColumnGrid& grid) {
      auto* partial = grid.chunks() == 1 ? sums : static_cast<float*>(scratch);
      launch(what, chunk_kernel<T, decltype(width)::value>, grid.blocks, grid.threads, 0, stream, static_cast<const T*>(y), partial, rows_,
             columns_, grid.chunk_rows);
      if (grid.chunks() > 1)
        launch(what, join_kernel, join_blocks(columns_), join_threads(), 0, stream, partial, sums, columns_, grid.chunks());
    });
  });
}

}  // namespace forerun::cuda
