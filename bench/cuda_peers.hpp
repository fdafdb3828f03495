#pragma once

#include <functional>
#include <memory>

#include "core/calibration.hpp"
#include "kernels/cuda/runtime.hpp"
#include "kernels/operator.hpp"

/// The bare call of NVIDIA's library that does the arithmetic of one of our operators, without bias, its gradient, or any of our kernels.
namespace forerun::peers {

/// Launches the call on the context's stream; it reads and writes the operator's own arrays, and keeps what it needs.
using Call = std::function<void(const LayerBuffers& buffers)>;

/// A dense layer's product by cuBLASLt, by the algorithm that its heuristics put first, with 64 MiB of scratch memory.
Call matrix_product(const Kernel& kernel, const std::shared_ptr<cuda::Context>& context);

/// A convolution's pass by cuDNN on NHWC arrays, by the fastest algorithm that cuDNN finds by running them all.
Call convolution(const Kernel& kernel, const std::shared_ptr<cuda::Context>& context);

}  // namespace forerun::peers
