#include "kernels/cpu/operator.hpp"

#include <string>

#include "core/error.hpp"
#include "kernels/cpu/layers.hpp"
#include "kernels/written.hpp"

namespace forerun::cpu {

namespace {

std::unique_ptr<Operator> make_eigen(const Kernel& kernel, UpdateRule rule) {
  if (kernel.pass == Pass::update) return update(kernel, rule);
  switch (kernel.shape.kind) {
    case LayerKind::dense: return dense(kernel);
    case LayerKind::conv2d: return conv2d(kernel);
    case LayerKind::max_pool: return max_pool(kernel);
    case LayerKind::relu: return relu(kernel);
    case LayerKind::softmax_cross_entropy: return softmax_cross_entropy(kernel);
    default: return nullptr;
  }
}

std::unique_ptr<Operator> make_onednn(const Kernel& kernel) {
  switch (kernel.shape.kind) {
    case LayerKind::dense: return onednn_dense(kernel);
    case LayerKind::conv2d: return onednn_conv2d(kernel);
    case LayerKind::max_pool: return onednn_max_pool(kernel);
    case LayerKind::relu: return onednn_relu(kernel);
    default: return nullptr;
  }
}

}  // namespace

std::string_view to_string(Library library) { return library == Library::eigen ? "eigen" : "onednn"; }

bool offers(Library library, const Kernel& kernel) {
  if (!is_written(kernel) || library == Library::eigen) return is_written(kernel);
  return kernel.pass != Pass::update && kernel.shape.kind != LayerKind::softmax_cross_entropy;
}

std::unique_ptr<Operator> make_operator(const Kernel& kernel, Library library, UpdateRule rule) {
  if (!offers(library, kernel))
    throw MissingCapability(std::string(to_string(library)) + " has no " + std::string(to_string(kernel.pass)) + " of " +
                            std::string(to_string(kernel.shape.kind)) + unwritten_variant(kernel));
  return library == Library::eigen ? make_eigen(kernel, rule) : make_onednn(kernel);
}

}  // namespace forerun::cpu
