#include "kernels/cuda/embedding.hpp"

#include "kernels/cuda/common/function_operator.hpp"
#include "kernels/cuda/layers.hpp"

namespace forerun::cuda {

std::unique_ptr<Operator> embedding(const Kernel& kernel, std::shared_ptr<Context> context, bool adds_gradient) {
  const EmbeddingShape shape{kernel.precision, kernel.batch * kernel.shape.output.positions(), kernel.shape.rows,
                             kernel.shape.output.channels};
  if (kernel.pass == Pass::forward)
    return operator_of(
        [=](const LayerBuffers& b) { embedding_forward(shape, b.weights, b.rounded_weights, b.picked, b.output, context->stream()); });
  const std::size_t bytes = embedding_scratch(shape);
  context->scratch(bytes);
  return operator_of([=](const LayerBuffers& b) {
    embedding_backward(shape, b.picked, b.output_gradient, b.weight_gradient, adds_gradient, context->scratch(bytes), context->stream());
  });
}

}  // namespace forerun::cuda
