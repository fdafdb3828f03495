#include "kernels/cuda/common/rows.cuh"
#include "kernels/cuda/convolution/direct.hpp"
#include "kernels/cuda/windows.cuh"

namespace forerun::cuda {

namespace {

template <class T>
__global__ void forward_kernel(WindowShape s, int groups, const T* __restrict__ x, const T* __restrict__ filter, const T* __restrict__ bias,
                               T* __restrict__ y) {
  const DirectConvolution shape{s, groups};
  const int channels = shape.group_channels();
  for_each_output<1>(s, [&](const Pixel& at) {
    Pixel from = at;
    from.channel = at.channel / shape.filters() * channels;
    const T* weights = filter + static_cast<std::int64_t>(at.channel) * s.places() * channels;
    float sum = bias == nullptr ? 0.0F : to_float(bias[at.channel]);
    for_each_place(s, from, [&](int place, std::int64_t element) {
      for (int c = 0; c < channels; ++c) sum += to_float(x[element + c]) * to_float(weights[place * channels + c]);
    });
    y[output_element(s, at, at.row, at.column)] = from_float<T>(sum);
  });
}

template <class T>
__global__ void backward_data_kernel(WindowShape s, int groups, const T* __restrict__ dy, const T* __restrict__ filter,
                                     T* __restrict__ dx) {
  const DirectConvolution shape{s, groups};
  const int channels = shape.group_channels(), filters = shape.filters();
  const std::int64_t stride = static_cast<std::int64_t>(s.places()) * channels;  // from a filter to the next
  for_each_input<1>(s, [&](const Pixel& at) {
    Pixel to = at;
    to.channel = at.channel / channels * filters;
    const T* weights = filter + to.channel * stride + at.channel % channels;
    float sum = 0;
    for_each_window(s, to, [&](int place, std::int64_t element) {
      for (int f = 0; f < filters; ++f) sum += to_float(dy[element + f]) * to_float(weights[f * stride + place * channels]);
    });
    dx[input_element(s, at, at.row, at.column)] = from_float<T>(sum);
  });
}

/// A block for each weight; its threads share the pixels of all outputs.
template <class T>
__global__ void backward_weights_kernel(WindowShape s, int groups, const T* __restrict__ x, const T* __restrict__ dy,
                                        float* __restrict__ gradient) {
  const DirectConvolution shape{s, groups};
  const int channels = shape.group_channels();
  const std::int64_t weight = blockIdx.x;
  const int channel = static_cast<int>(weight % channels), place = static_cast<int>(weight / channels % s.places());
  const int output = static_cast<int>(weight / channels / s.places());
  const int input = output / shape.filters() * channels + channel;
  const int pixels = s.samples * s.output_height * s.output_width;
  float sum = 0;
  for (int pixel = static_cast<int>(threadIdx.x); pixel < pixels; pixel += kThreads) {
    const int row = pixel / s.output_width, column = pixel % s.output_width;
    const int y = row % s.output_height * s.stride_height - s.padding_height + place / s.window_width;
    const int x_column = column * s.stride_width - s.padding_width + place % s.window_width;
    if (y < 0 || y >= s.input_height || x_column < 0 || x_column >= s.input_width) continue;
    const Pixel from{row / s.output_height, 0, 0, input};
    sum += to_float(x[input_element(s, from, y, x_column)]) * to_float(dy[static_cast<std::int64_t>(pixel) * s.output_channels + output]);
  }
  sum = row_sum(sum);
  if (threadIdx.x == 0) gradient[weight] = sum;
}

}  // namespace

void direct_forward(Precision precision, const DirectConvolution& shape, const void* x, const void* filter, const void* bias, void* y,
                    cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    launch_outputs("conv2d forward", forward_kernel<T>, shape.windows, 1, stream, shape.groups, static_cast<const T*>(x),
                   static_cast<const T*>(filter), static_cast<const T*>(bias), static_cast<T*>(y));
  });
}

void direct_backward_weights(Precision precision, const DirectConvolution& shape, const void* x, const void* dy, float* filter_gradient,
                             cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    const unsigned weights = static_cast<unsigned>(shape.windows.output_channels) * static_cast<unsigned>(shape.windows.places()) *
                             static_cast<unsigned>(shape.group_channels());
    launch("conv2d backward weights", backward_weights_kernel<T>, weights, kThreads, 0, stream, shape.windows, shape.groups,
           static_cast<const T*>(x), static_cast<const T*>(dy), filter_gradient);
  });
}

void direct_backward_data(Precision precision, const DirectConvolution& shape, const void* dy, const void* filter, void* dx,
                          cudaStream_t stream) {
  with_element(precision, [&](auto element) {
    using T = decltype(element);
    launch_inputs("conv2d backward data", backward_data_kernel<T>, shape.windows, 1, stream, shape.groups, static_cast<const T*>(dy),
                  static_cast<const T*>(filter), static_cast<T*>(dx));
  });
}

}  // namespace forerun::cuda
