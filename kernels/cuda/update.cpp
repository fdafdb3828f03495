#include "kernels/cuda/update.hpp"

#include "kernels/cuda/common/function_operator.hpp"
#include "kernels/cuda/operator.hpp"

namespace forerun::cuda {

std::unique_ptr<Operator> make_update(std::int64_t count, Optimizer optimizer, const UpdateRule& rule, std::shared_ptr<Context> context) {
  return operator_of([=](const LayerBuffers& b) {
    update(rule, optimizer, b.step, {b.weights, b.weight_gradient, b.velocity, b.second_moment, b.rounded_weights}, count,
           context->stream());
  });
}

}  // namespace forerun::cuda
