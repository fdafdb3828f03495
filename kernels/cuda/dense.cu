#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/launches.hpp"

namespace forerun::cuda {

namespace {

// A block of sum_rows takes a warp of neighbouring columns, so that each of its loads is one line of memory.
constexpr int kTileColumns = 32;
constexpr int kTileRows = 8;

__global__ void add_bias_kernel(float* __restrict__ y, const float* __restrict__ bias, std::int64_t count, std::int64_t columns) {
  for (std::int64_t i = first_element(); i < count; i += element_stride()) y[i] += bias[i % columns];
}

__global__ void sum_rows_kernel(const float* __restrict__ y, float* __restrict__ sums, std::int64_t rows, std::int64_t columns) {
  __shared__ float partial[kTileRows][kTileColumns];
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * kTileColumns + threadIdx.x;
  float sum = 0;
  if (column < columns)
    for (std::int64_t row = threadIdx.y; row < rows; row += kTileRows) sum += y[row * columns + column];
  partial[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y > 0 || column >= columns) return;
  for (int row = 1; row < kTileRows; ++row) sum += partial[row][threadIdx.x];
  sums[column] = sum;
}

}  // namespace

void add_bias(float* y, const float* bias, std::int64_t rows, std::int64_t columns, cudaStream_t stream) {
  const std::int64_t count = rows * columns;
  launch("add_bias", add_bias_kernel, blocks_for(count), kThreads, 0, stream, y, bias, count, columns);
}

void sum_rows(const float* y, float* sums, std::int64_t rows, std::int64_t columns, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>((columns + kTileColumns - 1) / kTileColumns);
  launch("sum_rows", sum_rows_kernel, blocks, dim3(kTileColumns, kTileRows), 0, stream, y, sums, rows, columns);
}

}  // namespace forerun::cuda
