#include "kernels/cpu/operator.hpp"

#include <string>

#include "core/error.hpp"
#include "kernels/cpu/layers.hpp"
#include "workloads/formulas.hpp"

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

/// Whether there are kernels for the layer at all.
bool is_written(const LayerShape& shape) {
  switch (shape.kind) {
    case LayerKind::dense: return shape.bias && shape.experts == 1 && shape.output.positions() == 1;
    case LayerKind::conv2d: return shape.bias && shape.groups == 1 && shape.window.square();
    case LayerKind::max_pool: return shape.window.square();
    case LayerKind::relu: return true;
    case LayerKind::softmax_cross_entropy: return shape.input.positions() == 1;
    default: return false;
  }
}

}  // namespace

std::string_view to_string(Library library) { return library == Library::eigen ? "eigen" : "onednn"; }

bool offers(Library library, const Kernel& kernel) {
  const bool learns = has_parameters(kernel.shape.kind);
  const bool exists = is_written(kernel.shape) && (learns || kernel.pass == Pass::forward || kernel.pass == Pass::backward_data);
  if (library == Library::eigen) return exists;
  return exists && kernel.pass != Pass::update && kernel.shape.kind != LayerKind::softmax_cross_entropy;
}

std::unique_ptr<Operator> make_operator(const Kernel& kernel, Library library, UpdateRule rule) {
  if (!offers(library, kernel))
    throw MissingCapability(std::string(to_string(library)) + " has no " + std::string(to_string(kernel.pass)) + " of " +
                            std::string(to_string(kernel.shape.kind)));
  return library == Library::eigen ? make_eigen(kernel, rule) : make_onednn(kernel);
}

}  // namespace forerun::cpu
