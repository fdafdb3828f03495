#include "kernels/cuda/common/vectors.cuh"
#include "kernels/cuda/embedding.hpp"
#include "kernels/cuda/embedding_order.hpp"

namespace forerun::cuda {

namespace {

constexpr int kPiece = 32;  // positions in the order of their rows that a thread sums up

/// Threads of a block: x along the channels, y over positions.
dim3 threads_for(std::int64_t accesses) {
  const std::int64_t warps = ceil_div(accesses, kWarpLanes);
  const unsigned along = warps * kWarpLanes < kThreads ? static_cast<unsigned>(warps) * kWarpLanes : kThreads;
  return {along, kThreads / along};
}

unsigned blocks_along(std::int64_t count, unsigned threads) { return static_cast<unsigned>(ceil_div(count, threads)); }

/// Bound by memory: a row read and written for each position, consecutive threads at consecutive addresses.
template <class To, class From, int Width>
__global__ void __launch_bounds__(kThreads) forward_kernel(const From* __restrict__ table, const std::int32_t* __restrict__ picked,
                                                           To* __restrict__ y, std::int64_t positions, std::int64_t channels) {
  const std::int64_t p = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
  if (p >= positions) return;
  const From* row = table + picked[p] * channels;
  for (std::int64_t c = threadIdx.x * Width; c < channels; c += blockDim.x * Width) {
    float values[Width];
    load_floats(row + c, values);
    store_floats(y + p * channels + c, values);
  }
}

template <class To, class From>
void copy_rows(const EmbeddingShape& shape, const From* table, const std::int32_t* picked, To* y, cudaStream_t stream) {
  constexpr int kWidth = kVectorWidth<To> < kVectorWidth<From> ? kVectorWidth<To> : kVectorWidth<From>;
  const bool wide = shape.channels % kWidth == 0 && aligned(table, y);
  const dim3 threads = threads_for(wide ? shape.channels / kWidth : shape.channels);
  launch("embedding forward", wide ? forward_kernel<To, From, kWidth> : forward_kernel<To, From, 1>,
         blocks_along(shape.positions, threads.y), threads, 0, stream, table, picked, y, shape.positions, shape.channels);
}

/// What pieces leave of rows that reach over their ends: two sums of all channels a piece, that of the row that reaches it from the piece
/// before, then that of the row that begins in it and goes on.
struct Sums {
  float* partial;
  float* dw;
  std::int64_t channels;
  bool adds;

  __device__ float* continued(std::int64_t piece) const { return partial + 2 * piece * channels; }
  __device__ float* begun(std::int64_t piece) const { return continued(piece) + channels; }
};

/// Where the positions of a row begin in the order.
__device__ __forceinline__ std::int64_t begin_of(std::int64_t row, const std::int32_t* ends) { return row == 0 ? 0 : ends[row - 1]; }

/// Each thread sums a few channels of one piece, row by row. A row that lies within the piece is done. Bound by memory: dy once.
template <class T, int Width>
__global__ void __launch_bounds__(kThreads)
    sum_pieces_kernel(const T* __restrict__ dy, const std::int32_t* __restrict__ picked, const std::int32_t* __restrict__ order,
                      const std::int32_t* __restrict__ ends, Sums sums, std::int64_t positions) {
  const std::int64_t piece = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y, first = piece * kPiece;
  const std::int64_t c = (static_cast<std::int64_t>(blockIdx.y) * blockDim.x + threadIdx.x) * Width;
  if (first >= positions || c >= sums.channels) return;
  const std::int64_t last = first + kPiece < positions ? first + kPiece : positions;
  float sum[Width] = {};
  std::int64_t p = order[first];
  std::int32_t row = picked[p];
  for (std::int64_t i = first; i < last; ++i) {
    float values[Width];
    load_floats(dy + p * sums.channels + c, values);
    for (int e = 0; e < Width; ++e) sum[e] += values[e];
    const std::int32_t of_sum = row;
    if (i + 1 < last) p = order[i + 1], row = picked[p];  // under way while this row's sum is left
    if (i + 1 < last && row == of_sum) continue;
    const bool begins = begin_of(of_sum, ends) >= first, whole = begins && ends[of_sum] <= last;
    float* to = whole ? sums.dw + of_sum * sums.channels : begins ? sums.begun(piece) : sums.continued(piece);
    if (whole && sums.adds) {
      load_floats(to + c, values);
      for (int e = 0; e < Width; ++e) sum[e] += values[e];
    }
    store_floats(to + c, sum);
    for (int e = 0; e < Width; ++e) sum[e] = 0;
  }
}

/// A row that begins in a piece and goes on has its sums in that piece and the ones behind, which are added up in their order: two floats
/// read for 32 of dy.
template <int Width>
__global__ void __launch_bounds__(kThreads)
    join_pieces_kernel(const std::int32_t* __restrict__ picked, const std::int32_t* __restrict__ order,
                       const std::int32_t* __restrict__ ends, Sums sums, std::int64_t positions) {
  const std::int64_t piece = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y, behind = (piece + 1) * kPiece;
  const std::int64_t c = (static_cast<std::int64_t>(blockIdx.y) * blockDim.x + threadIdx.x) * Width;
  if (behind >= positions || c >= sums.channels) return;
  const std::int64_t row = picked[order[behind - 1]], end = ends[row];
  if (end <= behind || begin_of(row, ends) < behind - kPiece) return;
  float sum[Width], values[Width];
  load_floats(sums.begun(piece) + c, sum);
  for (std::int64_t next = piece + 1; next * kPiece < end; ++next) {
    load_floats(sums.continued(next) + c, values);
    for (int e = 0; e < Width; ++e) sum[e] += values[e];
  }
  float* to = sums.dw + row * sums.channels + c;
  if (sums.adds) {
    load_floats(to, values);
    for (int e = 0; e < Width; ++e) sum[e] += values[e];
  }
  store_floats(to, sum);
}

std::int64_t pieces(const EmbeddingShape& shape) { return ceil_div(shape.positions, kPiece); }

std::size_t partial_bytes(const EmbeddingShape& shape) {
  return static_cast<std::size_t>(2 * pieces(shape) * shape.channels) * sizeof(float);
}

template <class T, int Width>
void sum_rows(const EmbeddingShape& shape, const std::int32_t* picked, const T* dy, const RowOrder& order, const Sums& sums,
              cudaStream_t stream) {
  const dim3 threads = threads_for(shape.channels / Width);
  const dim3 blocks(blocks_along(pieces(shape), threads.y), blocks_along(ceil_div(shape.channels, Width), threads.x));
  launch("embedding backward weights", sum_pieces_kernel<T, Width>, blocks, threads, 0, stream, dy, picked, order.position, order.end, sums,
         shape.positions);
  launch("embedding backward weights", join_pieces_kernel<Width>, blocks, threads, 0, stream, picked, order.position, order.end, sums,
         shape.positions);
}

}  // namespace

void embedding_forward(const EmbeddingShape& shape, const float* weights, const void* rounded, const std::int32_t* picked, void* y,
                       cudaStream_t stream) {
  with_element(shape.precision, [&](auto element) {
    using T = decltype(element);
    if (shape.precision == Precision::bf16 && rounded != nullptr)
      copy_rows(shape, static_cast<const T*>(rounded), picked, static_cast<T*>(y), stream);
    else
      copy_rows(shape, weights, picked, static_cast<T*>(y), stream);
  });
}

std::size_t embedding_scratch(const EmbeddingShape& shape) { return partial_bytes(shape) + row_order_bytes(shape.positions, shape.rows); }

void embedding_backward(const EmbeddingShape& shape, const std::int32_t* picked, const void* dy, float* dw, bool adds, void* scratch,
                        cudaStream_t stream) {
  const Sums sums{static_cast<float*>(scratch), dw, shape.channels, adds};
  const RowOrder order = order_by_row(picked, shape.positions, shape.rows, static_cast<char*>(scratch) + partial_bytes(shape), stream);
  const auto bytes = static_cast<std::size_t>(shape.rows * shape.channels) * sizeof(float);
  if (!adds) check(cudaMemsetAsync(dw, 0, bytes, stream), "embedding backward weights");
  with_element(shape.precision, [&](auto element) {
    using T = decltype(element);
    constexpr int kWidth = kVectorWidth<T>;
    const auto* gradients = static_cast<const T*>(dy);
    if (shape.channels % kWidth == 0 && aligned(gradients, dw))
      sum_rows<T, kWidth>(shape, picked, gradients, order, sums, stream);
    else
      sum_rows<T, 1>(shape, picked, gradients, order, sums, stream);
  });
}

}  // namespace forerun::cuda
