#include "kernels/cuda/common/launch.cuh"
#include "kernels/cuda/embedding_order.hpp"

namespace forerun::cuda {

namespace {

constexpr int kOfBlock = 1024;  // positions that are ranked together

/// How many positions pick each row; counts are integers, whose sum is one in any order. Among the positions of its block that pick the
/// same row, each has `rank` before it, and there are `alike` of them.
__global__ void __launch_bounds__(kOfBlock)
    rank_kernel(const std::int32_t* __restrict__ picked, std::int64_t positions, std::int32_t* __restrict__ counts,
                std::int32_t* __restrict__ ranks, std::int32_t* __restrict__ alike) {
  __shared__ std::int32_t rows[kOfBlock];
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * kOfBlock, p = first + threadIdx.x;
  const std::int32_t row = p < positions ? picked[p] : -1;
  rows[threadIdx.x] = row;
  __syncthreads();
  if (p >= positions) return;
  const int count = positions - first < kOfBlock ? static_cast<int>(positions - first) : kOfBlock;
  int rank = 0, all = 0;
  for (int other = 0; other < count; ++other) {
    const int same = rows[other] == row ? 1 : 0;
    all += same;
    if (other < static_cast<int>(threadIdx.x)) rank += same;
  }
  ranks[p] = rank;
  alike[p] = all;
  if (rank == 0) atomicAdd(counts + row, all);
}

/// counts[row] becomes the number of positions of all rows before it. One block: each thread adds up a run of rows, then the runs.
__global__ void __launch_bounds__(kOfBlock) begin_kernel(std::int32_t* counts, std::int64_t rows) {
  __shared__ std::int32_t of_thread[kOfBlock];
  const std::int64_t run = ceil_div(rows, kOfBlock), first = threadIdx.x * run;
  const std::int64_t last = first + run < rows ? first + run : rows;
  std::int32_t sum = 0;
  for (std::int64_t row = first; row < last; ++row) sum += counts[row];
  of_thread[threadIdx.x] = sum;
  __syncthreads();
  for (unsigned apart = 1; apart < kOfBlock; apart *= 2) {
    const std::int32_t before = threadIdx.x >= apart ? of_thread[threadIdx.x - apart] : 0;
    __syncthreads();
    of_thread[threadIdx.x] += before;
    __syncthreads();
  }
  std::int32_t before = of_thread[threadIdx.x] - sum;
  for (std::int64_t row = first; row < last; ++row) {
    const std::int32_t count = counts[row];
    counts[row] = before;
    before += count;
  }
}

/// One block takes the ranked blocks in their order: next[row], where the row's next position goes, moves on by as many as a block had.
/// So a row's end comes to stand there.
__global__ void __launch_bounds__(kOfBlock)
    place_kernel(const std::int32_t* __restrict__ picked, std::int64_t positions, const std::int32_t* __restrict__ ranks,
                 const std::int32_t* __restrict__ alike, std::int32_t* next, std::int32_t* __restrict__ order) {
  for (std::int64_t first = 0; first < positions; first += kOfBlock) {
    const std::int64_t p = first + threadIdx.x;
    std::int32_t row = 0, begin = 0;
    if (p < positions) {
      row = picked[p];
      begin = next[row];
      order[begin + ranks[p]] = static_cast<std::int32_t>(p);
    }
    __syncthreads();
    if (p < positions && ranks[p] == 0) next[row] = begin + alike[p];
    __syncthreads();
  }
}

}  // namespace

std::size_t row_order_bytes(std::int64_t positions, std::int64_t rows) {
  return static_cast<std::size_t>(3 * positions + rows) * sizeof(std::int32_t);
}

RowOrder order_by_row(const std::int32_t* picked, std::int64_t positions, std::int64_t rows, void* scratch, cudaStream_t stream) {
  auto* order = static_cast<std::int32_t*>(scratch);
  std::int32_t *ranks = order + positions, *alike = ranks + positions, *next = alike + positions;
  const char* what = "order of an embedding's positions";
  check(cudaMemsetAsync(next, 0, static_cast<std::size_t>(rows) * sizeof(std::int32_t), stream), what);
  const auto blocks = static_cast<unsigned>(ceil_div(positions, kOfBlock));
  launch(what, rank_kernel, blocks, kOfBlock, 0, stream, picked, positions, next, ranks, alike);
  launch(what, begin_kernel, 1, kOfBlock, 0, stream, next, rows);
  launch(what, place_kernel, 1, kOfBlock, 0, stream, picked, positions, ranks, alike, next, order);
  return {order, next};
}

}  // namespace forerun::cuda
