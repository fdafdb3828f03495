#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "core/calibration.hpp"

/// Kernels of pools over NHWC arrays of a precision. Launches throw std::runtime_error where they fail. All take arrays at any address,
/// and are fastest at multiples of 16 bytes where channels fill vectors of 16 bytes, too.
namespace forerun::cuda {

/// Windows over a batch of images, in numbers as narrow as a GPU divides fast.
struct PoolShape {
  int samples, channels;
  int input_height, input_width;
  int output_height, output_width;
  int window_height, window_width;
  int stride_height, stride_width;
  int padding_height, padding_width;

  [[nodiscard]] constexpr int places() const { return window_height * window_width; }
};

/// Throws MissingCapability where an array has more than 2^31 - 1 elements.
PoolShape pool_shape(const Kernel& kernel);

/// Where the maximum stood is a number of its window's places, of one byte where there are no more than 256 of them: with windows of 2x2
/// in bf16 four bytes would be 4 of 14 that are moved for an output, one byte is 1 of 11.
void max_pool_forward(Precision precision, const PoolShape& shape, const void* x, void* y, void* places, cudaStream_t stream);
/// Gathers, in a fixed order, from the windows that hold an element: there are no atomic additions.
void max_pool_backward(Precision precision, const PoolShape& shape, const void* dy, const void* places, void* dx, cudaStream_t stream);

void average_pool_forward(Precision precision, const PoolShape& shape, const void* x, void* y, cudaStream_t stream);
void average_pool_backward(Precision precision, const PoolShape& shape, const void* dy, void* dx, cudaStream_t stream);

}  // namespace forerun::cuda
