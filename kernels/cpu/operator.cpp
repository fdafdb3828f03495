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

/// Whether the window is a square that slides in whole steps, without holes, over an input with as many zeros before as after each edge.
bool slides_plainly(const LayerShape& shape) {
  const Padding& padding = shape.padding;
  if (!shape.window.square() || !shape.stride.square() || padding.height != padding.width || shape.input.depth != 1) return false;
  const auto edge = [&](std::int64_t input) { return (input + 2 * padding.edge() - shape.window.edge()) / shape.stride.edge() + 1; };
  return shape.output.height == edge(shape.input.height) && shape.output.width == edge(shape.input.width);
}

/// Whether there are kernels for the layer at all.
bool is_written(const LayerShape& shape) {
  switch (shape.kind) {
    case LayerKind::dense: return shape.bias && shape.experts == 1 && shape.output.positions() == 1;
    case LayerKind::conv2d: return shape.bias && shape.groups == 1 && slides_plainly(shape);
    case LayerKind::max_pool: return slides_plainly(shape);
    case LayerKind::relu: return true;
    case LayerKind::softmax_cross_entropy: return shape.input.positions() == 1;
    default: return false;
  }
}

/// What a message says of a kernel beside its layer and pass.
std::string variant(const Kernel& kernel) {
  if (kernel.precision != Precision::fp32) return " in " + std::string(to_string(kernel.precision));
  if (kernel.pass == Pass::update && kernel.optimizer != Optimizer::sgd_momentum) return " by " + std::string(to_string(kernel.optimizer));
  return is_written(kernel.shape) ? "" : " of this shape";
}

}  // namespace

std::string_view to_string(Library library) { return library == Library::eigen ? "eigen" : "onednn"; }

bool offers(Library library, const Kernel& kernel) {
  const bool learns = has_parameters(kernel.shape.kind);
  if (kernel.precision != Precision::fp32 || (kernel.pass == Pass::update && kernel.optimizer != Optimizer::sgd_momentum)) return false;
  const bool exists = is_written(kernel.shape) && (learns || kernel.pass == Pass::forward || kernel.pass == Pass::backward_data);
  if (library == Library::eigen) return exists;
  return exists && kernel.pass != Pass::update && kernel.shape.kind != LayerKind::softmax_cross_entropy;
}

std::unique_ptr<Operator> make_operator(const Kernel& kernel, Library library, UpdateRule rule) {
  if (!offers(library, kernel))
    throw MissingCapability(std::string(to_string(library)) + " has no " + std::string(to_string(kernel.pass)) + " of " +
                            std::string(to_string(kernel.shape.kind)) + variant(kernel));
  return library == Library::eigen ? make_eigen(kernel, rule) : make_onednn(kernel);
}

}  // namespace forerun::cpu
