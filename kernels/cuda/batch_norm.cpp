#include "kernels/cuda/common/function_operator.hpp"
#include "kernels/cuda/layers.hpp"
#include "kernels/cuda/norms.hpp"

namespace forerun::cuda {

// Both backward passes find the same sums. Neither leaves them to the other: a frozen layer has one pass only, and ranks may have summed
// the weight gradient up before the other runs.
std::unique_ptr<Operator> batch_norm(const Kernel& kernel, std::shared_ptr<Context> context) {
  const LayerShape& layer = kernel.shape;
  const NormShape shape{kernel.precision, kernel.batch * layer.input.positions(), layer.input.channels, layer.bias};
  const std::size_t bytes = kernel.pass == Pass::forward            ? batch_norm_forward_scratch(shape)
                            : kernel.pass == Pass::backward_weights ? norm_gradient_sums_scratch(shape)
                                                                    : batch_norm_backward_data_scratch(shape);
  context->scratch(bytes);
  if (kernel.pass == Pass::forward)
    return operator_of([=](const LayerBuffers& b) {
      batch_norm_forward(shape, b.input, b.weights, b.output, b.statistics, b.running, context->scratch(bytes), context->stream());
    });
  if (kernel.pass == Pass::backward_weights)
    return operator_of([=](const LayerBuffers& b) {
      norm_gradient_sums(shape, NormGroups::channels, b.input, b.output_gradient, b.statistics, b.weight_gradient, context->scratch(bytes),
                         context->stream());
    });
  return operator_of([=](const LayerBuffers& b) {
    batch_norm_backward_data(shape, b.input, b.output_gradient, b.weights, b.statistics, b.input_gradient, context->scratch(bytes),
                             context->stream());
  });
}

}  // namespace forerun::cuda
