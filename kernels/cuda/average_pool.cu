#include "kernels/cuda/windows.cuh"

namespace forerun::cuda {

namespace {

template <class T, int Width>
__global__ void forward_kernel(PoolShape s, const T* __restrict__ x, T* __restrict__ y) {
  const float share = 1.0F / static_cast<float>(s.places());
  for_each_pixel<Width>(s, s.output_height, s.output_width, [&](const PoolPixel& at) {
    float sum[Width] = {};
    for_each_place(s, at, [&](int, std::int64_t element) {
      float values[Width];
      load_floats(x + element, values);
      for (int e = 0; e < Width; ++e) sum[e] += values[e];
    });
    for (int e = 0; e < Width; ++e) sum[e] *= share;
    store_floats(y + pool_element(s, s.output_height, s.output_width, at, at.row, at.column), sum);
  });
}

template <class T, int Width>
__global__ void backward_kernel(PoolShape s, const T* __restrict__ dy, T* __restrict__ dx) {
  const float share = 1.0F / static_cast<float>(s.places());
  for_each_pixel<Width>(s, s.input_height, s.input_width, [&](const PoolPixel& at) {
    float sum[Width] = {};
    for_each_window(s, at, [&](int, std::int64_t element) {
      float values[Width];
      load_floats(dy + element, values);
      for (int e = 0; e < Width; ++e) sum[e] += values[e];
    });
    for (int e = 0; e < Width; ++e) sum[e] *= share;
    store_floats(dx + pool_element(s, s.input_height, s.input_width, at, at.row, at.column), sum);
  });
}

}  // namespace

void average_pool_forward(Precision precision, const PoolShape& shape, const void* x, void* y, cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    constexpr int kWidth = kVectorWidth<T>;
    const bool wide = shape.channels % kWidth == 0 && aligned(x, y);
    launch_pool("average_pool forward", wide ? forward_kernel<T, kWidth> : forward_kernel<T, 1>, shape,
                shape.output_height * shape.output_width, wide ? kWidth : 1, stream, static_cast<const T*>(x), static_cast<T*>(y));
  });
}

void average_pool_backward(Precision precision, const PoolShape& shape, const void* dy, void* dx, cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    constexpr int kWidth = kVectorWidth<T>;
    const bool wide = shape.channels % kWidth == 0 && aligned(dy, dx);
    launch_pool("average_pool backward data", wide ? backward_kernel<T, kWidth> : backward_kernel<T, 1>, shape,
                shape.input_height * shape.input_width, wide ? kWidth : 1, stream, static_cast<const T*>(dy), static_cast<T*>(dx));
  });
}

}  // namespace forerun::cuda
