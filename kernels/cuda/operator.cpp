#include "kernels/cuda/operator.hpp"

#include <string>

#include "core/error.hpp"
#include "kernels/cuda/layers.hpp"
#include "kernels/written.hpp"

namespace forerun::cuda {

bool offers(const Kernel& kernel) { return is_written(kernel) && (kernel.pass == Pass::update || kernel.shape.kind == LayerKind::dense); }

std::unique_ptr<Operator> make_operator(const Kernel& kernel, std::shared_ptr<Blas> blas, UpdateRule rule) {
  if (!offers(kernel))
    throw MissingCapability("there is no " + std::string(to_string(kernel.pass)) + " of " + std::string(to_string(kernel.shape.kind)) +
                            unwritten_variant(kernel) + " for CUDA");
  return kernel.pass == Pass::update ? update(kernel, rule) : dense(kernel, std::move(blas));
}

}  // namespace forerun::cuda
