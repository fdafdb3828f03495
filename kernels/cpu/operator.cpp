#include "kernels/cpu/operator.hpp"

#include <string>

#include "core/error.hpp"
#include "kernels/cpu/layers.hpp"
#include "kernels/written.hpp"
#include "workloads/formulas.hpp"

namespace forerun::cpu {

namespace {

std::unique_ptr<Operator> make_eigen(const Kernel& kernel, const OperatorOptions& options) {
  if (kernel.pass == Pass::update) return make_update(parameters(kernel.shape), kernel.optimizer, options.rule);
  switch (kernel.shape.kind) {
    case LayerKind::dense: return dense(kernel);
    case LayerKind::conv2d: return conv2d(kernel);
    case LayerKind::max_pool: return max_pool(kernel);
    case LayerKind::average_pool: return average_pool(kernel);
    case LayerKind::relu: return relu(kernel);
    case LayerKind::gelu: return gelu(kernel);
    case LayerKind::dropout: return dropout(kernel, options.dropped_share);
    case LayerKind::add: return add(kernel);
    case LayerKind::embedding: return embedding(kernel, options.adds_gradient);
    case LayerKind::attention: return attention(kernel, options);
    case LayerKind::batch_norm: return batch_norm(kernel);
    case LayerKind::layer_norm: return layer_norm(kernel);
    case LayerKind::softmax_cross_entropy: return softmax_cross_entropy(kernel);
    default: return nullptr;
  }
}

std::unique_ptr<Operator> make_onednn(const Kernel& kernel, const OperatorOptions& options) {
  switch (kernel.shape.kind) {
    case LayerKind::dense: return onednn_dense(kernel);
    case LayerKind::conv2d: return onednn_conv2d(kernel);
    case LayerKind::attention: return onednn_attention(kernel, options);
    case LayerKind::max_pool:
    case LayerKind::average_pool: return onednn_pool(kernel);
    case LayerKind::relu:
    case LayerKind::gelu: return onednn_eltwise(kernel);
    default: return nullptr;
  }
}

constexpr bool onednn_has(LayerKind kind) {
  switch (kind) {
    case LayerKind::dense:
    case LayerKind::conv2d:
    case LayerKind::attention:
    case LayerKind::max_pool:
    case LayerKind::average_pool:
    case LayerKind::relu:
    case LayerKind::gelu: return true;
    default: return false;
  }
}

/// As unwritten_variant(), of what is written for other devices too.
std::string unoffered_variant(const Kernel& kernel) {
  return kernel.precision == Precision::fp32 ? unwritten_variant(kernel) : " in " + std::string(to_string(kernel.precision));
}

}  // namespace

std::string_view to_string(Library library) { return library == Library::eigen ? "eigen" : "onednn"; }

bool offers(Library library, const Kernel& kernel) {
  const bool written = is_written(kernel) && kernel.precision == Precision::fp32;
  if (!written || library == Library::eigen) return written;
  return kernel.pass != Pass::update && onednn_has(kernel.shape.kind);
}

std::unique_ptr<Operator> make_operator(const Kernel& kernel, Library library, const OperatorOptions& options) {
  if (!offers(library, kernel))
    throw MissingCapability(std::string(to_string(library)) + " has no " + std::string(to_string(kernel.pass)) + " of " +
                            std::string(to_string(kernel.shape.kind)) + unoffered_variant(kernel));
  return library == Library::eigen ? make_eigen(kernel, options) : make_onednn(kernel, options);
}

}  // namespace forerun::cpu
