#include <cassert>

#include "kernels/cuda/common/function_operator.hpp"
#include "kernels/cuda/elementwise.hpp"
#include "kernels/cuda/layers.hpp"
#include "kernels/layer_arrays.hpp"

namespace forerun::cuda {

namespace {

void pass_back(const LayerBuffers& b, float* gradient, std::size_t bytes, cudaStream_t stream) {
  if (gradient == nullptr || gradient == b.output_gradient) return;
  check(cudaMemcpyAsync(gradient, b.output_gradient, bytes, cudaMemcpyDeviceToDevice, stream), "add backward data");
}

}  // namespace

std::unique_ptr<Operator> add(const Kernel& kernel, std::shared_ptr<Context> context) {
  const std::int64_t count = kernel.batch * kernel.shape.output.elements();
  const Precision precision = kernel.precision;
  if (kernel.pass == Pass::forward)
    return operator_of([=, operands = kernel.shape.operands](const LayerBuffers& b) {
      assert(static_cast<int>(b.further_inputs.size()) == operands - 1);
      std::vector<const void*> arrays{b.input};
      arrays.insert(arrays.end(), b.further_inputs.begin(), b.further_inputs.end());
      sum_arrays(precision, arrays, b.output, count, context->stream());
    });
  const std::size_t bytes = activation_bytes(precision, count);
  return operator_of([=](const LayerBuffers& b) {
    pass_back(b, b.input_gradient, bytes, context->stream());
    for (float* gradient : b.further_input_gradients) pass_back(b, gradient, bytes, context->stream());
  });
}

}  // namespace forerun::cuda
