#pragma once

#include <algorithm>

#include "kernels/cuda/pools.hpp"
#include "kernels/cuda/vectors.cuh"

/// What kernels of pools share. They are bound by memory: each array is moved once, but for what overlapping windows find in caches. A
/// thread has a pixel and as many neighbouring channels as fill 16 bytes, so that a warp reads whole lines.
namespace forerun::cuda {

inline constexpr int kPoolThreads = 64;  ///< few, since the last pool of a network has few outputs with many places each

/// A pixel of one sample, and the first channel of a vector.
struct PoolPixel {
  int sample, row, column, channel;
};

/// The pixel and the channels of a thread's element, of images of so many rows and columns.
__device__ __forceinline__ PoolPixel pool_pixel(unsigned element, unsigned vectors, unsigned height, unsigned width, int vector_width) {
  const unsigned pixel = element / vectors, row = pixel / width;
  return {static_cast<int>(row / height), static_cast<int>(row % height), static_cast<int>(pixel % width),
          static_cast<int>(element % vectors) * vector_width};
}

/// The element of an NHWC array.
__device__ __forceinline__ std::int64_t pool_element(const PoolShape& s, int height, int width, const PoolPixel& at, int row, int column) {
  return ((static_cast<std::int64_t>(at.sample) * height + row) * width + column) * s.channels + at.channel;
}

/// Calls visit(place in the window, input element) for the places inside the image of the window of an output pixel.
template <class Visit>
__device__ __forceinline__ void for_each_place(const PoolShape& s, const PoolPixel& at, Visit visit) {
  const int top = at.row * s.stride_height - s.padding_height, left = at.column * s.stride_width - s.padding_width;
  const int y_end = std::min(s.window_height, s.input_height - top), x_end = std::min(s.window_width, s.input_width - left);
  for (int y = std::max(0, -top); y < y_end; ++y)
    for (int x = std::max(0, -left); x < x_end; ++x)
      visit(y * s.window_width + x, pool_element(s, s.input_height, s.input_width, at, top + y, left + x));
}

/// Calls visit(place in the window, output element) for the windows that hold an input pixel.
template <class Visit>
__device__ __forceinline__ void for_each_window(const PoolShape& s, const PoolPixel& at, Visit visit) {
  const int y = at.row + s.padding_height, x = at.column + s.padding_width;
  const int row_end = std::min(s.output_height, y / s.stride_height + 1), column_end = std::min(s.output_width, x / s.stride_width + 1);
  const int first_column = x < s.window_width ? 0 : (x - s.window_width) / s.stride_width + 1;
  for (int row = y < s.window_height ? 0 : (y - s.window_height) / s.stride_height + 1; row < row_end; ++row)
    for (int column = first_column; column < column_end; ++column)
      visit((y - row * s.stride_height) * s.window_width + x - column * s.stride_width,
            pool_element(s, s.output_height, s.output_width, at, row, column));
}

/// Calls visit(pixel) for the calling thread's pixels and vectors of an array.
template <int Width, class Visit>
__device__ __forceinline__ void for_each_pixel(const PoolShape& s, int height, int width, Visit visit) {
  const unsigned vectors = static_cast<unsigned>(s.channels) / Width;
  const std::int64_t count = static_cast<std::int64_t>(s.samples) * height * width * vectors;
  for (std::int64_t i = first_element(); i < count; i += element_stride())
    visit(pool_pixel(static_cast<unsigned>(i), vectors, static_cast<unsigned>(height), static_cast<unsigned>(width), Width));
}

/// Launches a kernel for each vector of an array of so many pixels a sample.
template <class... Parameters, class... Arguments>
void launch_pool(const char* what, void (*kernel)(Parameters...), const PoolShape& shape, int pixels, int vector_width, cudaStream_t stream,
                 Arguments... arguments) {
  const std::int64_t count = static_cast<std::int64_t>(shape.samples) * pixels * (shape.channels / vector_width);
  launch(what, kernel, blocks_for(count, kPoolThreads), kPoolThreads, 0, stream, shape, arguments...);
}

}  // namespace forerun::cuda
