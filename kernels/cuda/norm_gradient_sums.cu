#include "kernels/cuda/columns.cuh"
#include "kernels/cuda/norms.hpp"

namespace forerun::cuda {

namespace {

/// Partial sums of a chunk of rows, 2 x channels a chunk: of dy z, but for the channel's deviation where statistics are the channels', and
/// of dy. Bound by memory: x and dy are read once.
template <class T, int Width, NormGroups groups>
__global__ void __launch_bounds__(kThreads)
    chunk_kernel(const T* __restrict__ x, const T* __restrict__ dy, const float* __restrict__ statistics, std::int64_t rows,
                 std::int64_t channels, std::int64_t chunk_rows, float* __restrict__ partial) {
  const ColumnPlace place = column_place<Width>(chunk_rows, rows);
  float sums[2 * Width] = {}, means[Width] = {};
  const bool has_columns = place.column < channels;
  if (groups == NormGroups::channels && has_columns) load_floats(statistics + place.column, means);
#pragma unroll 2
  for (std::int64_t r = has_columns ? place.row : place.end; r < place.end; r += blockDim.y) {
    float input[Width], gradient[Width];
    load_floats(x + r * channels + place.column, input);
    load_floats(dy + r * channels + place.column, gradient);
    if constexpr (groups == NormGroups::channels) {
      for (int e = 0; e < Width; ++e) sums[e] += gradient[e] * (input[e] - means[e]);
    } else {
      const float mean = statistics[r], deviation = statistics[rows + r];
      for (int e = 0; e < Width; ++e) sums[e] += gradient[e] * ((input[e] - mean) * deviation);
    }
    for (int e = 0; e < Width; ++e) sums[Width + e] += gradient[e];
  }
  add_up_columns(sums);
  if (threadIdx.y > 0 || !has_columns) return;
  float* to = partial + 2 * blockIdx.y * channels + place.column;
  for (int e = 0; e < Width; ++e) {
    to[e] = sums[e];
    to[channels + e] = sums[Width + e];
  }
}

/// `deviations` of channels are factors of the first sums; null where they are in them.
__global__ void __launch_bounds__(kThreads) join_kernel(const float* __restrict__ partial, const float* __restrict__ deviations,
                                                        std::int64_t channels, std::int64_t chunks, bool bias, float* __restrict__ sums) {
  const std::int64_t c = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  float two[2] = {};
  if (c < channels)
#pragma unroll 4
    for (std::int64_t chunk = threadIdx.y; chunk < chunks; chunk += blockDim.y) {
      two[0] += partial[2 * chunk * channels + c];
      two[1] += partial[(2 * chunk + 1) * channels + c];
    }
  add_up_columns(two);
  if (threadIdx.y > 0 || c >= channels) return;
  sums[c] = deviations == nullptr ? two[0] : two[0] * deviations[c];
  if (bias) sums[channels + c] = two[1];
}

}  // namespace

std::size_t norm_gradient_sums_scratch(const NormShape& shape) {
  return static_cast<std::size_t>(2 * most_chunks(shape.rows, shape.channels) * shape.channels) * sizeof(float);
}

void norm_gradient_sums(const NormShape& shape, NormGroups groups, const void* x, const void* dy, const float* statistics, float* sums,
                        void* scratch, cudaStream_t stream) {
  auto* partial = static_cast<float*>(scratch);
  const char* what = "norm backward weights";
  const bool of_channels = groups == NormGroups::channels;
  with_element(shape.precision, [&](auto element) {
    using T = decltype(element);
    const auto *input = static_cast<const T*>(x), *gradient = static_cast<const T*>(dy);
    over_columns<T>(shape.rows, shape.channels, aligned(input, gradient, statistics), [&](auto width, const ColumnGrid& grid) {
      constexpr int kWidth = decltype(width)::value;
      const auto kernel = of_channels ? chunk_kernel<T, kWidth, NormGroups::channels> : chunk_kernel<T, kWidth, NormGroups::rows>;
      launch(what, kernel, grid.blocks, grid.threads, 0, stream, input, gradient, statistics, shape.rows, shape.channels, grid.chunk_rows,
             partial);
      launch(what, join_kernel, join_blocks(shape.channels), join_threads(), 0, stream, partial,
             of_channels ? statistics + shape.channels : nullptr, shape.channels, grid.chunks(), shape.bias, sums);
    });
  });
}

}  // namespace forerun::cuda
