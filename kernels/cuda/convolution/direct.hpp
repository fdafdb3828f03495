#pragma once

#include <cuda_runtime_api.h>

#include "kernels/cuda/windows.hpp"

/// Convolutions as their formula says, a thread or a block for each result: right for any shape, and slow but for those of a channel a
/// group. They stand in where cuDNN has no algorithm. Filters have the activations' precision, their gradients are float32. Launches
/// throw std::runtime_error where they fail.
namespace forerun::cuda {

struct DirectConvolution {
  WindowShape windows;
  int groups;

  [[nodiscard]] constexpr int group_channels() const { return windows.input_channels / groups; }
  [[nodiscard]] constexpr int filters() const { return windows.output_channels / groups; }  ///< of a group
};

/// `bias` may be null.
void direct_forward(Precision precision, const DirectConvolution& shape, const void* x, const void* filter, const void* bias, void* y,
                    cudaStream_t stream);
void direct_backward_weights(Precision precision, const DirectConvolution& shape, const void* x, const void* dy, float* filter_gradient,
                             cudaStream_t stream);
void direct_backward_data(Precision precision, const DirectConvolution& shape, const void* dy, const void* filter, void* dx,
                          cudaStream_t stream);

}  // namespace forerun::cuda
