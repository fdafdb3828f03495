#include "kernels/cuda/common/rows.cuh"
#include "kernels/cuda/common/vectors.cuh"
#include "kernels/cuda/norms.hpp"
#include "kernels/operator.hpp"

namespace forerun::cuda {

namespace {

constexpr int kHeld = 4;           // accesses that a thread holds of its row between the passes over it
constexpr int kMostThreads = 512;  // of a row

/// The part of a row that a thread has: accesses threadIdx.x, + blockDim.x, + 2 blockDim.x, ... The first kHeld of them are held in
/// registers, the others, of rows longer than kMostThreads x kHeld accesses, read anew in each pass, mostly from a cache.
template <class T, int Width>
struct RowPart {
  __device__ RowPart(const T* first, std::int64_t elements) : row(first), channels(elements) {
    for (int k = 0; k < kHeld; ++k)
      if (at(k) < channels) held[k] = load<Width>(row + at(k));
  }

  /// The first channel of the thread's k-th access.
  [[nodiscard]] __device__ std::int64_t at(std::int64_t k) const { return (threadIdx.x + k * blockDim.x) * Width; }

  __device__ static void widen(const Vector<T, Width>& vector, float (&values)[Width]) {
    for (int e = 0; e < Width; ++e) values[e] = to_float(vector.element[e]);
  }

  const T* row;
  std::int64_t channels;
  Vector<T, Width> held[kHeld];
};

/// visit(first channel, values of x) for each access of the part; with two parts of equal length, of both.
template <class T, int Width, class Visit>
__device__ __forceinline__ void for_each(const RowPart<T, Width>& x, Visit visit) {
  float values[Width];
  for (int k = 0; k < kHeld; ++k) {
    if (x.at(k) >= x.channels) continue;
    x.widen(x.held[k], values);
    visit(x.at(k), values);
  }
  for (std::int64_t k = kHeld; x.at(k) < x.channels; ++k) {
    load_floats(x.row + x.at(k), values);
    visit(x.at(k), values);
  }
}
template <class T, int Width, class Visit>
__device__ __forceinline__ void for_each(const RowPart<T, Width>& x, const RowPart<T, Width>& y, Visit visit) {
  float of_x[Width], of_y[Width];
  for (int k = 0; k < kHeld; ++k) {
    if (x.at(k) >= x.channels) continue;
    x.widen(x.held[k], of_x);
    y.widen(y.held[k], of_y);
    visit(x.at(k), of_x, of_y);
  }
  for (std::int64_t k = kHeld; x.at(k) < x.channels; ++k) {
    load_floats(x.row + x.at(k), of_x);
    load_floats(y.row + x.at(k), of_y);
    visit(x.at(k), of_x, of_y);
  }
}

/// Bound by memory: x is read once and y written once; scales and shifts are in a cache. The variance is of deviations from the mean, not
/// of squares, which would lose it where the mean is large.
template <class T, int Width>
__global__ void __launch_bounds__(kMostThreads)
    forward_kernel(const T* __restrict__ x, const float* __restrict__ weights, T* __restrict__ y, float* __restrict__ statistics,
                   std::int64_t rows, std::int64_t channels, bool bias) {
  const std::int64_t r = group_row();
  if (r >= rows) return;
  const RowPart<T, Width> part(x + r * channels, channels);
  const auto n = static_cast<float>(channels);
  float sum = 0, squares = 0;
  for_each(part, [&](std::int64_t, const float(&values)[Width]) {
    for (int e = 0; e < Width; ++e) sum += values[e];
  });
  const float mean = row_sum(sum) / n;
  for_each(part, [&](std::int64_t, const float(&values)[Width]) {
    for (int e = 0; e < Width; ++e) squares += (values[e] - mean) * (values[e] - mean);
  });
  const float deviation = 1 / sqrtf(row_sum(squares) / n + kNormEpsilon);
  for_each(part, [&](std::int64_t c, const float(&values)[Width]) {
    float scale[Width], shift[Width] = {}, normal[Width];
    load_floats(weights + c, scale);
    if (bias) load_floats(weights + channels + c, shift);
    for (int e = 0; e < Width; ++e) normal[e] = (values[e] - mean) * deviation * scale[e] + shift[e];
    store_floats(y + r * channels + c, normal);
  });
  if (threadIdx.x > 0) return;
  statistics[r] = mean;
  statistics[rows + r] = deviation;
}

/// Bound by memory: x and dy are read once and dx written once.
template <class T, int Width>
__global__ void __launch_bounds__(kMostThreads)
    backward_kernel(const T* __restrict__ x, const T* __restrict__ dy, const float* __restrict__ weights,
                    const float* __restrict__ statistics, T* __restrict__ dx, std::int64_t rows, std::int64_t channels) {
  const std::int64_t r = group_row();
  if (r >= rows) return;
  const RowPart<T, Width> of_x(x + r * channels, channels), of_dy(dy + r * channels, channels);
  const auto n = static_cast<float>(channels);
  const float mean = statistics[r], deviation = statistics[rows + r];
  float sum = 0, product = 0;
  for_each(of_x, of_dy, [&](std::int64_t c, const float(&input)[Width], const float(&gradient)[Width]) {
    float scale[Width];
    load_floats(weights + c, scale);
    for (int e = 0; e < Width; ++e) {
      sum += gradient[e] * scale[e];
      product += gradient[e] * scale[e] * (input[e] - mean);
    }
  });
  const float offset = row_sum(sum) / n, slope = row_sum(product) * deviation * deviation / n;
  for_each(of_x, of_dy, [&](std::int64_t c, const float(&input)[Width], const float(&gradient)[Width]) {
    float scale[Width], result[Width];
    load_floats(weights + c, scale);
    for (int e = 0; e < Width; ++e) result[e] = deviation * (gradient[e] * scale[e] - offset - slope * (input[e] - mean));
    store_floats(dx + r * channels + c, result);
  });
}

/// Calls launch(width, groups) with the elements of an access as a constant.
template <class T, class Launch>
void over_rows(const NormShape& shape, bool addresses, Launch launch) {
  const auto with = [&](auto width) { launch(width, row_groups(shape.rows, ceil_div(shape.channels, width), kHeld, kMostThreads)); };
  if (addresses && shape.channels % kVectorWidth<T> == 0)
    with(std::integral_constant<int, kVectorWidth<T>>{});
  else
    with(std::integral_constant<int, 1>{});
}

}  // namespace

void layer_norm_forward(const NormShape& shape, const void* x, const float* weights, void* y, float* statistics, cudaStream_t stream) {
  with_element(shape.precision, [&](auto element) {
    using T = decltype(element);
    over_rows<T>(shape, aligned(static_cast<const T*>(x), weights, static_cast<T*>(y)), [&](auto width, const RowGroups& groups) {
      launch("layer_norm forward", forward_kernel<T, decltype(width)::value>, groups.blocks, groups.threads, 0, stream,
             static_cast<const T*>(x), weights, static_cast<T*>(y), statistics, shape.rows, shape.channels, shape.bias);
    });
  });
}

void layer_norm_backward_data(const NormShape& shape, const void* x, const void* dy, const float* weights, const float* statistics,
                              void* dx, cudaStream_t stream) {
  with_element(shape.precision, [&](auto element) {
    using T = decltype(element);
    const auto *input = static_cast<const T*>(x), *gradient = static_cast<const T*>(dy);
    over_rows<T>(shape, aligned(input, gradient, weights, static_cast<T*>(dx)), [&](auto width, const RowGroups& groups) {
      launch("layer_norm backward data", backward_kernel<T, decltype(width)::value>, groups.blocks, groups.threads, 0, stream, input,
             gradient, weights, statistics, static_cast<T*>(dx), shape.rows, shape.channels);
    });
  });
}

}  // namespace forerun::cuda
