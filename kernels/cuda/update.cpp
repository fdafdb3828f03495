#include "kernels/cuda/update.hpp"

#include "kernels/cuda/function_operator.hpp"
#include "kernels/cuda/layers.hpp"
#include "workloads/formulas.hpp"

namespace forerun::cuda {

std::unique_ptr<Operator> update(const Kernel& kernel, std::shared_ptr<Context> context, const UpdateRule& rule) {
  const std::int64_t count = parameters(kernel.shape);
  return operator_of([=, optimizer = kernel.optimizer](const LayerBuffers& b) {
    update(rule, optimizer, b.step, {b.weights, b.weight_gradient, b.velocity, b.second_moment, b.rounded_weights}, count,
           context->stream());
  });
}

}  // namespace forerun::cuda
