#include "kernels/cuda/softmax_cross_entropy.hpp"

#include "kernels/cuda/common/function_operator.hpp"
#include "kernels/cuda/layers.hpp"

namespace forerun::cuda {

std::unique_ptr<Operator> softmax_cross_entropy(const Kernel& kernel, std::shared_ptr<Context> context) {
  const SoftmaxShape shape{kernel.precision, kernel.batch * kernel.shape.input.positions(), kernel.shape.input.channels};
  if (kernel.pass == Pass::backward_data)
    return operator_of([=](const LayerBuffers& b) { softmax_backward(shape, b.output, b.labels, b.input_gradient, context->stream()); });
  const std::size_t bytes = static_cast<std::size_t>(shape.rows) * sizeof(float);
  context->scratch(bytes);
  const auto shared_bytes = static_cast<std::size_t>(device_attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin));
  return operator_of([=](const LayerBuffers& b) {
    auto* losses = static_cast<float*>(context->scratch(bytes));
    softmax_forward(shape, b.input, b.labels, b.output, losses, shared_bytes, context->stream());
    mean_of(losses, shape.rows, b.loss, context->stream());
  });
}

}  // namespace forerun::cuda
