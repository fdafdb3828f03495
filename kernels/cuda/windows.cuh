#pragma once

#include <algorithm>

#include "kernels/cuda/common/vectors.cuh"
#include "kernels/cuda/windows.hpp"

/// What kernels of windows share. Those of pools are bound by memory: each array is moved once, but for what overlapping windows find in
/// caches. A thread has a pixel and as many neighbouring channels as fill 16 bytes, so that a warp reads whole lines.
namespace forerun::cuda {

inline constexpr int kWindowThreads = 64;  ///< few, since the last pool of a network has few outputs with many places each

/// A pixel of one sample, and the first channel of a vector.
struct Pixel {
  int sample, row, column, channel;
};

__device__ __forceinline__ std::int64_t input_element(const WindowShape& s, const Pixel& at, int row, int column) {
  return ((static_cast<std::int64_t>(at.sample) * s.input_height + row) * s.input_width + column) * s.input_channels + at.channel;
}

__device__ __forceinline__ std::int64_t output_element(const WindowShape& s, const Pixel& at, int row, int column) {
  return ((static_cast<std::int64_t>(at.sample) * s.output_height + row) * s.output_width + column) * s.output_channels + at.channel;
}

/// Calls visit(place in the window, input element) for the places inside the image of the window of an output pixel, with `at.channel` of
/// the input.
template <class Visit>
__device__ __forceinline__ void for_each_place(const WindowShape& s, const Pixel& at, Visit visit) {
  const int top = at.row * s.stride_height - s.padding_height, left = at.column * s.stride_width - s.padding_width;
  const int y_end = std::min(s.window_height, s.input_height - top), x_end = std::min(s.window_width, s.input_width - left);
  for (int y = std::max(0, -top); y < y_end; ++y)
    for (int x = std::max(0, -left); x < x_end; ++x) visit(y * s.window_width + x, input_element(s, at, top + y, left + x));
}

/// Calls visit(place in the window, output element) for the windows that hold an input pixel, with `at.channel` of the output.
template <class Visit>
__device__ __forceinline__ void for_each_window(const WindowShape& s, const Pixel& at, Visit visit) {
  const int y = at.row + s.padding_height, x = at.column + s.padding_width;
  const int row_end = std::min(s.output_height, y / s.stride_height + 1), column_end = std::min(s.output_width, x / s.stride_width + 1);
  const int first_column = x < s.window_width ? 0 : (x - s.window_width) / s.stride_width + 1;
  for (int row = y < s.window_height ? 0 : (y - s.window_height) / s.stride_height + 1; row < row_end; ++row)
    for (int column = first_column; column < column_end; ++column)
      visit((y - row * s.stride_height) * s.window_width + x - column * s.stride_width, output_element(s, at, row, column));
}

/// Calls visit(pixel) for the calling thread's vectors of images of so many rows, columns and channels.
template <int Width, class Visit>
__device__ __forceinline__ void for_each_pixel(int samples, int height, int width, int channels, Visit visit) {
  const unsigned vectors = static_cast<unsigned>(channels) / Width, columns = static_cast<unsigned>(width);
  const std::int64_t count = static_cast<std::int64_t>(samples) * height * width * vectors;
  for (std::int64_t i = first_element(); i < count; i += element_stride()) {
    const unsigned pixel = static_cast<unsigned>(i) / vectors, row = pixel / columns;
    visit(Pixel{static_cast<int>(row) / height, static_cast<int>(row) % height, static_cast<int>(pixel % columns),
                static_cast<int>(static_cast<unsigned>(i) % vectors) * Width});
  }
}

template <int Width, class Visit>
__device__ __forceinline__ void for_each_input(const WindowShape& s, Visit visit) {
  for_each_pixel<Width>(s.samples, s.input_height, s.input_width, s.input_channels, visit);
}

template <int Width, class Visit>
__device__ __forceinline__ void for_each_output(const WindowShape& s, Visit visit) {
  for_each_pixel<Width>(s.samples, s.output_height, s.output_width, s.output_channels, visit);
}

/// Launches a kernel for each vector of the input or the output.
template <class... Parameters, class... Arguments>
void launch_inputs(const char* what, void (*kernel)(Parameters...), const WindowShape& s, int vector_width, cudaStream_t stream,
                   Arguments... arguments) {
  const std::int64_t count = static_cast<std::int64_t>(s.samples) * s.input_height * s.input_width * (s.input_channels / vector_width);
  launch(what, kernel, blocks_for(count, kWindowThreads), kWindowThreads, 0, stream, s, arguments...);
}

template <class... Parameters, class... Arguments>
void launch_outputs(const char* what, void (*kernel)(Parameters...), const WindowShape& s, int vector_width, cudaStream_t stream,
                    Arguments... arguments) {
  const std::int64_t count = static_cast<std::int64_t>(s.samples) * s.output_height * s.output_width * (s.output_channels / vector_width);
  launch(what, kernel, blocks_for(count, kWindowThreads), kWindowThreads, 0, stream, s, arguments...);
}

}  // namespace forerun::cuda
