#include "kernels/cuda/columns.cuh"
#include "kernels/cuda/norms.hpp"
#include "kernels/operator.hpp"

namespace forerun::cuda {

namespace {

/// Of some values: how many, their mean, and the sum of the squares of their deviations from it.
struct Moments {
  float count, mean, squares;
};

/// Of both's values together [Chan, Golub & LeVeque 1983, eq. 2.1].
__device__ __forceinline__ Moments merge(const Moments& a, const Moments& b) {
  if (b.count == 0) return a;
  const float count = a.count + b.count, apart = b.mean - a.mean, share = b.count / count;
  return {count, a.mean + apart * share, a.squares + b.squares + apart * apart * a.count * share};
}

/// As add_up_columns().
template <int Width>
__device__ __forceinline__ void join_columns(Moments (&moments)[Width]) {
  __shared__ float counts[kThreads], means[Width][kThreads], squares[Width][kThreads];
  const unsigned self = threadIdx.y * blockDim.x + threadIdx.x;
  counts[self] = moments[0].count;
  for (int e = 0; e < Width; ++e) means[e][self] = moments[e].mean, squares[e][self] = moments[e].squares;
  for (unsigned apart = blockDim.y / 2; apart > 0; apart /= 2) {
    __syncthreads();
    if (threadIdx.y >= apart) continue;
    const unsigned other = self + apart * blockDim.x;
    for (int e = 0; e < Width; ++e) {
      moments[e] = merge(moments[e], {counts[other], means[e][other], squares[e][other]});
      means[e][self] = moments[e].mean, squares[e][self] = moments[e].squares;
    }
    counts[self] = moments[0].count;
  }
}

/// Mean and squared deviations of each channel over a chunk of rows, 2 x channels a chunk. Each thread follows its rows by Welford's
/// recurrence [1962], so that x is read once and no variance is a difference of large squares. Bound by memory.
template <class T, int Width>
__global__ void __launch_bounds__(kThreads) moments_kernel(const T* __restrict__ x, std::int64_t rows, std::int64_t channels,
                                                           std::int64_t chunk_rows, float* __restrict__ partial) {
  const ColumnPlace place = column_place<Width>(chunk_rows, rows);
  const bool has_columns = place.column < channels;
  Moments moments[Width] = {};
  float count = 0;
#pragma unroll 4
  for (std::int64_t r = has_columns ? place.row : place.end; r < place.end; r += blockDim.y) {
    float values[Width];
    load_floats(x + r * channels + place.column, values);
    const float share = 1 / ++count;
    for (int e = 0; e < Width; ++e) {
      const float apart = values[e] - moments[e].mean;
      moments[e].mean += apart * share;
      moments[e].squares += apart * (values[e] - moments[e].mean);
    }
  }
  for (int e = 0; e < Width; ++e) moments[e].count = count;
  join_columns(moments);
  if (threadIdx.y > 0 || !has_columns) return;
  float* to = partial + 2 * blockIdx.y * channels + place.column;
  for (int e = 0; e < Width; ++e) {
    to[e] = moments[e].mean;
    to[channels + e] = moments[e].squares;
  }
}

/// The chunks' moments as one, the statistics that they make, and running averages of them.
__global__ void __launch_bounds__(kThreads)
    statistics_kernel(const float* __restrict__ partial, std::int64_t rows, std::int64_t channels, std::int64_t chunk_rows,
                      float* __restrict__ statistics, float* __restrict__ running) {
  const std::int64_t c = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  Moments all[1] = {};
  if (c < channels)
#pragma unroll 4
    for (std::int64_t chunk = threadIdx.y; chunk * chunk_rows < rows; chunk += blockDim.y) {
      const std::int64_t left = rows - chunk * chunk_rows;
      const auto count = static_cast<float>(left < chunk_rows ? left : chunk_rows);
      all[0] = merge(all[0], {count, partial[2 * chunk * channels + c], partial[(2 * chunk + 1) * channels + c]});
    }
  join_columns(all);
  if (threadIdx.y > 0 || c >= channels) return;
  const auto n = static_cast<float>(rows);
  const float mean = all[0].mean, squares = all[0].squares;
  statistics[c] = mean;
  statistics[channels + c] = 1 / sqrtf(squares / n + kNormEpsilon);
  if (running == nullptr) return;
  running[c] += kRunningShare * (mean - running[c]);
  running[channels + c] += kRunningShare * (squares / (rows > 1 ? n - 1 : n) - running[channels + c]);
}

/// y = (x - mean) factor + shift. A thread keeps what its channels have, and goes down its rows. Bound by memory: x and y once.
template <class T, int Width>
__global__ void __launch_bounds__(kThreads)
    normalise_kernel(const T* __restrict__ x, const float* __restrict__ weights, const float* __restrict__ statistics, T* __restrict__ y,
                     std::int64_t rows, std::int64_t channels, std::int64_t chunk_rows, bool bias) {
  const ColumnPlace place = column_place<Width>(chunk_rows, rows);
  if (place.column >= channels) return;
  float mean[Width], deviation[Width], scale[Width], shift[Width] = {};
  load_floats(statistics + place.column, mean);
  load_floats(statistics + channels + place.column, deviation);
  load_floats(weights + place.column, scale);
  if (bias) load_floats(weights + channels + place.column, shift);
  for (int e = 0; e < Width; ++e) scale[e] *= deviation[e];
#pragma unroll 4
  for (std::int64_t r = place.row; r < place.end; r += blockDim.y) {
    float values[Width];
    load_floats(x + r * channels + place.column, values);
    for (int e = 0; e < Width; ++e) values[e] = (values[e] - mean[e]) * scale[e] + shift[e];
    store_floats(y + r * channels + place.column, values);
  }
}

/// dx = factor (dy - offset - (x - mean) slope), of `sums` as norm_gradient_sums() leaves them. Bound by memory: x, dy and dx once.
template <class T, int Width>
__global__ void __launch_bounds__(kThreads)
    gradient_kernel(const T* __restrict__ x, const T* __restrict__ dy, const float* __restrict__ weights,
                    const float* __restrict__ statistics, const float* __restrict__ sums, T* __restrict__ dx, std::int64_t rows,
                    std::int64_t channels, std::int64_t chunk_rows) {
  const ColumnPlace place = column_place<Width>(chunk_rows, rows);
  if (place.column >= channels) return;
  const float share = 1 / static_cast<float>(rows);
  float mean[Width], factor[Width], slope[Width], offset[Width], deviation[Width];
  load_floats(statistics + place.column, mean);
  load_floats(statistics + channels + place.column, deviation);
  load_floats(weights + place.column, factor);
  load_floats(sums + place.column, slope);
  load_floats(sums + channels + place.column, offset);
  for (int e = 0; e < Width; ++e) {
    factor[e] *= deviation[e];
    slope[e] *= share * deviation[e];
    offset[e] *= share;
  }
#pragma unroll 2
  for (std::int64_t r = place.row; r < place.end; r += blockDim.y) {
    float input[Width], gradient[Width];
    load_floats(x + r * channels + place.column, input);
    load_floats(dy + r * channels + place.column, gradient);
    for (int e = 0; e < Width; ++e) gradient[e] = factor[e] * (gradient[e] - offset[e] - (input[e] - mean[e]) * slope[e]);
    store_floats(dx + r * channels + place.column, gradient);
  }
}

}  // namespace

std::size_t batch_norm_forward_scratch(const NormShape& shape) {
  return static_cast<std::size_t>(2 * most_chunks(shape.rows, shape.channels) * shape.channels) * sizeof(float);
}

void batch_norm_forward(const NormShape& shape, const void* x, const float* weights, void* y, float* statistics, float* running,
                        void* scratch, cudaStream_t stream) {
  auto* partial = static_cast<float*>(scratch);
  const char* what = "batch_norm forward";
  const std::int64_t rows = shape.rows, channels = shape.channels;
  with_element(shape.precision, [&](auto element) {
    using T = decltype(element);
    const auto* input = static_cast<const T*>(x);
    auto* output = static_cast<T*>(y);
    over_columns<T>(rows, channels, aligned(input, weights, output, statistics), [&](auto width, const ColumnGrid& grid) {
      constexpr int kWidth = decltype(width)::value;
      launch(what, moments_kernel<T, kWidth>, grid.blocks, grid.threads, 0, stream, input, rows, channels, grid.chunk_rows, partial);
      launch(what, statistics_kernel, join_blocks(channels), join_threads(), 0, stream, partial, rows, channels, grid.chunk_rows,
             statistics, running);
      launch(what, normalise_kernel<T, kWidth>, grid.blocks, grid.threads, 0, stream, input, weights, statistics, output, rows, channels,
             grid.chunk_rows, shape.bias);
    });
  });
}

namespace {

/// Bytes of the two sums of each channel, before the scratch memory of what finds them.
std::size_t sums_bytes(const NormShape& shape) {
  constexpr std::size_t kStart = 256;
  return ceil_div(static_cast<std::size_t>(2 * shape.channels) * sizeof(float), kStart) * kStart;
}

}  // namespace

std::size_t batch_norm_backward_data_scratch(const NormShape& shape) { return sums_bytes(shape) + norm_gradient_sums_scratch(shape); }

void batch_norm_backward_data(const NormShape& shape, const void* x, const void* dy, const float* weights, const float* statistics,
                              void* dx, void* scratch, cudaStream_t stream) {
  auto* sums = static_cast<float*>(scratch);
  NormShape biased = shape;
  biased.bias = true;  // both sums are read
  norm_gradient_sums(biased, NormGroups::channels, x, dy, statistics, sums, static_cast<char*>(scratch) + sums_bytes(shape), stream);
  const std::int64_t rows = shape.rows, channels = shape.channels;
  with_element(shape.precision, [&](auto element) {
    using T = decltype(element);
    const auto *input = static_cast<const T*>(x), *gradient = static_cast<const T*>(dy);
    auto* to = static_cast<T*>(dx);
    over_columns<T>(rows, channels, aligned(input, gradient, weights, statistics, to), [&](auto width, const ColumnGrid& grid) {
      launch("batch_norm backward data", gradient_kernel<T, decltype(width)::value>, grid.blocks, grid.threads, 0, stream, input, gradient,
             weights, statistics, sums, to, rows, channels, grid.chunk_rows);
    });
  });
}

}  // namespace forerun::cuda
