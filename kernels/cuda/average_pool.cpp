#include "kernels/cuda/common/function_operator.hpp"
#include "kernels/cuda/layers.hpp"
#include "kernels/cuda/pools.hpp"

namespace forerun::cuda {

std::unique_ptr<Operator> average_pool(const Kernel& kernel, std::shared_ptr<Context> context) {
  const WindowShape shape = window_shape(kernel, "a pool");
  const Precision precision = kernel.precision;
  if (kernel.pass == Pass::forward)
    return operator_of([=](const LayerBuffers& b) { average_pool_forward(precision, shape, b.input, b.output, context->stream()); });
  return operator_of(
      [=](const LayerBuffers& b) { average_pool_backward(precision, shape, b.output_gradient, b.input_gradient, context->stream()); });
}

}  // namespace forerun::cuda
