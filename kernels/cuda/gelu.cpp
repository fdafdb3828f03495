#include "kernels/cuda/common/function_operator.hpp"
#include "kernels/cuda/elementwise.hpp"
#include "kernels/cuda/layers.hpp"

namespace forerun::cuda {

std::unique_ptr<Operator> gelu(const Kernel& kernel, std::shared_ptr<Context> context) {
  const std::int64_t count = kernel.batch * kernel.shape.input.elements();
  const Precision precision = kernel.precision;
  if (kernel.pass == Pass::forward)
    return operator_of([=](const LayerBuffers& b) { gelu_forward(precision, b.input, b.output, count, context->stream()); });
  return operator_of(
      [=](const LayerBuffers& b) { gelu_backward(precision, b.input, b.output_gradient, b.input_gradient, count, context->stream()); });
}

}  // namespace forerun::cuda
