#pragma once

#include <cuda_runtime_api.h>

#include "kernels/cuda/windows.hpp"

/// Kernels of pools over NHWC arrays of a precision. Launches throw std::runtime_error where they fail. All take arrays at any address,
/// and are fastest at multiples of 16 bytes where channels fill vectors of 16 bytes, too.
namespace forerun::cuda {

/// Where the maximum stood is a number of its window's places, of one byte where there are no more than 256 of them: with windows of 2x2
/// in bf16 four bytes would be 4 of 14 that are moved for an output, one byte is 1 of 11.
void max_pool_forward(Precision precision, const WindowShape& shape, const void* x, void* y, void* places, cudaStream_t stream);
/// Gathers, in a fixed order, from the windows that hold an element: there are no atomic additions.
void max_pool_backward(Precision precision, const WindowShape& shape, const void* dy, const void* places, void* dx, cudaStream_t stream);

void average_pool_forward(Precision precision, const WindowShape& shape, const void* x, void* y, cudaStream_t stream);
void average_pool_backward(Precision precision, const WindowShape& shape, const void* dy, void* dx, cudaStream_t stream);

}  // namespace forerun::cuda
