#include "kernels/cuda/common/function_operator.hpp"
#include "kernels/cuda/layers.hpp"
#include "kernels/cuda/norms.hpp"

namespace forerun::cuda {

std::unique_ptr<Operator> layer_norm(const Kernel& kernel, std::shared_ptr<Context> context) {
  const LayerShape& layer = kernel.shape;
  const NormShape shape{kernel.precision, kernel.batch * layer.input.positions(), layer.input.channels, layer.bias};
  if (kernel.pass == Pass::forward)
    return operator_of(
        [=](const LayerBuffers& b) { layer_norm_forward(shape, b.input, b.weights, b.output, b.statistics, context->stream()); });
  if (kernel.pass == Pass::backward_data)
    return operator_of([=](const LayerBuffers& b) {
      layer_norm_backward_data(shape, b.input, b.output_gradient, b.weights, b.statistics, b.input_gradient, context->stream());
    });
  const std::size_t bytes = norm_gradient_sums_scratch(shape);
  context->scratch(bytes);
  return operator_of([=](const LayerBuffers& b) {
    norm_gradient_sums(shape, NormGroups::rows, b.input, b.output_gradient, b.statistics, b.weight_gradient, context->scratch(bytes),
                       context->stream());
  });
}

}  // namespace forerun::cuda
