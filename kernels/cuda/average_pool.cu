#include "kernels/cuda/pools.hpp"
#include "kernels/cuda/windows.cuh"

namespace forerun::cuda {

namespace {

template <class T, int Width>
__global__ void forward_kernel(WindowShape s, const T* __restrict__ x, T* __restrict__ y) {
  const float share = 1.0F / static_cast<float>(s.places());
  for_each_output<Width>(s, [&](const Pixel& at) {
    float sum[Width] = {};
    for_each_place(s, at, [&](int, std::int64_t element) {
      float values[Width];
      load_floats(x + element, values);
      for (int e = 0; e < Width; ++e) sum[e] += values[e];
    });
    for (int e = 0; e < Width; ++e) sum[e] *= share;
    store_floats(y + output_element(s, at, at.row, at.column), sum);
  });
}

template <class T, int Width>
__global__ void backward_kernel(WindowShape s, const T* __restrict__ dy, T* __restrict__ dx) {
  const float share = 1.0F / static_cast<float>(s.places());
  for_each_input<Width>(s, [&](const Pixel& at) {
    float sum[Width] = {};
    for_each_window(s, at, [&](int, std::int64_t element) {
      float values[Width];
      load_floats(dy + element, values);
      for (int e = 0; e < Width; ++e) sum[e] += values[e];
    });
    for (int e = 0; e < Width; ++e) sum[e] *= share;
    store_floats(dx + input_element(s, at, at.row, at.column), sum);
  });
}

}  // namespace

void average_pool_forward(Precision precision, const WindowShape& shape, const void* x, void* y, cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    constexpr int kWidth = kVectorWidth<T>;
    const bool wide = shape.input_channels % kWidth == 0 && aligned(x, y);
    launch_outputs("average_pool forward", wide ? forward_kernel<T, kWidth> : forward_kernel<T, 1>, shape, wide ? kWidth : 1, stream,
                   static_cast<const T*>(x), static_cast<T*>(y));
  });
}

void average_pool_backward(Precision precision, const WindowShape& shape, const void* dy, void* dx, cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    constexpr int kWidth = kVectorWidth<T>;
    const bool wide = shape.input_channels % kWidth == 0 && aligned(dy, dx);
    launch_inputs("average_pool backward data", wide ? backward_kernel<T, kWidth> : backward_kernel<T, 1>, shape, wide ? kWidth : 1, stream,
                  static_cast<const T*>(dy), static_cast<T*>(dx));
  });
}

}  // namespace forerun::cuda
