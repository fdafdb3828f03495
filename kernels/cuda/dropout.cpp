#include "kernels/cuda/common/function_operator.hpp"
#include "kernels/cuda/elementwise.hpp"
#include "kernels/cuda/layers.hpp"

namespace forerun::cuda {

std::unique_ptr<Operator> dropout(const Kernel& kernel, std::shared_ptr<Context> context, float share) {
  const DropRate rate(share);
  const std::int64_t batch = kernel.batch, elements = kernel.shape.input.elements();
  const Precision precision = kernel.precision;
  if (kernel.pass == Pass::forward)
    return operator_of([=](const LayerBuffers& b) {
      dropout_forward(precision, b.input, b.output, b.mask, batch, elements, {b.key, b.step, b.first_sample, rate}, context->stream());
    });
  return operator_of([=](const LayerBuffers& b) {
    dropout_backward(precision, b.output_gradient, b.mask, b.input_gradient, batch * elements, rate.scale, context->stream());
  });
}

}  // namespace forerun::cuda
