#include "kernels/cuda/operator.hpp"

#include <string>

#include "core/error.hpp"
#include "kernels/cuda/layers.hpp"
#include "kernels/written.hpp"

namespace forerun::cuda {

namespace {

/// As unwritten_variant(), of what is written but not for CUDA too.
std::string unoffered_variant(const Kernel& kernel) {
  if (!is_written(kernel)) return unwritten_variant(kernel);
  if (kernel.pass == Pass::update) return " by " + std::string(to_string(kernel.optimizer));
  return kernel.shape.kind == LayerKind::dense ? " of this shape" : "";
}

}  // namespace

bool offers(const Kernel& kernel) {
  const LayerShape& shape = kernel.shape;
  if (!is_written(kernel)) return false;
  if (kernel.pass == Pass::update) return kernel.optimizer == Optimizer::sgd_momentum;
  return shape.kind == LayerKind::dense && shape.bias && shape.output.positions() == 1;
}

std::unique_ptr<Operator> make_operator(const Kernel& kernel, std::shared_ptr<Context> context, const OperatorOptions& options) {
  if (!offers(kernel))
    throw MissingCapability("there is no " + std::string(to_string(kernel.pass)) + " of " + std::string(to_string(kernel.shape.kind)) +
                            unoffered_variant(kernel) + " for CUDA");
  return kernel.pass == Pass::update ? update(kernel, std::move(context), options.rule) : dense(kernel, std::move(context));
}

}  // namespace forerun::cuda
