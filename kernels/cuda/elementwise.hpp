#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <vector>

#include "core/workload.hpp"
#include "kernels/dropout_draws.hpp"

/// Kernels that treat each element by itself, of `count` elements of the precision: each launches on the stream and returns, and throws
/// std::runtime_error where that fails. All of them take arrays at any address, and are fastest at multiples of 16 bytes.
namespace forerun::cuda {

void relu_forward(Precision precision, const void* x, void* y, std::int64_t count, cudaStream_t stream);
void relu_backward(Precision precision, const void* y, const void* dy, void* dx, std::int64_t count, cudaStream_t stream);

void gelu_forward(Precision precision, const void* x, void* y, std::int64_t count, cudaStream_t stream);
void gelu_backward(Precision precision, const void* x, const void* dy, void* dx, std::int64_t count, cudaStream_t stream);

/// y = the sum of all arrays, in float32 up to eight of them; in bf16 each further seven begin with what was rounded.
void sum_arrays(Precision precision, const std::vector<const void*>& arrays, void* y, std::int64_t count, cudaStream_t stream);

/// What a dropout's draws depend on.
struct DropoutDraws {
  std::uint64_t layer_key;
  std::int64_t step;
  std::int64_t first_sample;
  DropRate rate;
};
/// Of `batch` samples of so many elements.
void dropout_forward(Precision precision, const void* x, void* y, std::uint8_t* mask, std::int64_t batch, std::int64_t elements,
                     const DropoutDraws& draws, cudaStream_t stream);
void dropout_backward(Precision precision, const void* dy, const std::uint8_t* mask, void* dx, std::int64_t count, float scale,
                      cudaStream_t stream);

/// to += from: how gradients of several readers of an output, or of several micro-batches, become one.
void add_gradient(Precision precision, const void* from, std::int64_t count, void* to, cudaStream_t stream);

/// values *= factor.
void scale(Precision precision, float factor, std::int64_t count, void* values, cudaStream_t stream);

/// The same numbers in another precision, rounded to the nearest: weights that products read, gradients that travel as bf16.
void round_to_bf16(const float* from, std::int64_t count, void* to, cudaStream_t stream);
void widen_bf16(const void* from, std::int64_t count, float* to, cudaStream_t stream);

}  // namespace forerun::cuda
