#include "kernels/cuda/operator.hpp"

#include <string>

#include "core/error.hpp"
#include "kernels/cuda/layers.hpp"
#include "kernels/written.hpp"

namespace forerun::cuda {

bool offers(const Kernel& kernel) {
  const LayerShape& shape = kernel.shape;
  if (!is_written(kernel) || kernel.pass == Pass::update) return is_written(kernel);
  return shape.kind == LayerKind::dense && shape.bias && shape.output.positions() == 1;
}

std::unique_ptr<Operator> make_operator(const Kernel& kernel, std::shared_ptr<Blas> blas, UpdateRule rule) {
  if (!offers(kernel)) {
    const bool other_shape = is_written(kernel) && kernel.shape.kind == LayerKind::dense;
    throw MissingCapability("there is no " + std::string(to_string(kernel.pass)) + " of " + std::string(to_string(kernel.shape.kind)) +
                            (other_shape ? " of this shape" : unwritten_variant(kernel)) + " for CUDA");
  }
  return kernel.pass == Pass::update ? update(kernel, rule) : dense(kernel, std::move(blas));
}

}  // namespace forerun::cuda
