#include "kernels/cuda/operator.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "kernels/cuda/attention.hpp"
#include "kernels/cuda/layers.hpp"
#include "kernels/written.hpp"
#include "workloads/formulas.hpp"

namespace forerun::cuda {

namespace {

bool is_narrow(const Attention& a) { return std::max(a.key_channels, a.value_channels) <= kMostAttentionChannels; }

// GPUs before Ampere have no arithmetic in bf16  [Transformer Engine, support_matrix: compute capability 8.0 or higher]: libraries refuse
// it, or are slower than in fp32.
bool has_precision(const Kernel& kernel) {
  return kernel.precision != Precision::bf16 || device_attribute(cudaDevAttrComputeCapabilityMajor) >= 8;
}

/// Of what is written, what CUDA has.
bool has(const Kernel& kernel) {
  if (!has_precision(kernel)) return false;
  return kernel.pass == Pass::update || kernel.shape.kind != LayerKind::attention || is_narrow(kernel.shape.attention);
}

std::unique_ptr<Operator> make(const Kernel& kernel, std::shared_ptr<Context> context, const OperatorOptions& options) {
  if (kernel.pass == Pass::update) return make_update(parameters(kernel.shape), kernel.optimizer, options.rule, std::move(context));
  switch (kernel.shape.kind) {
    case LayerKind::add: return add(kernel, std::move(context));
    case LayerKind::attention: return attention(kernel, std::move(context), options);
    case LayerKind::average_pool: return average_pool(kernel, std::move(context));
    case LayerKind::batch_norm: return batch_norm(kernel, std::move(context));
    case LayerKind::conv2d: return conv2d(kernel, std::move(context));
    case LayerKind::dense: return dense(kernel, std::move(context));
    case LayerKind::dropout: return dropout(kernel, std::move(context), options.dropped_share);
    case LayerKind::embedding: return embedding(kernel, std::move(context), options.adds_gradient);
    case LayerKind::gelu: return gelu(kernel, std::move(context));
    case LayerKind::layer_norm: return layer_norm(kernel, std::move(context));
    case LayerKind::max_pool: return max_pool(kernel, std::move(context));
    case LayerKind::relu: return relu(kernel, std::move(context));
    case LayerKind::softmax_cross_entropy: return softmax_cross_entropy(kernel, std::move(context));
    default: return nullptr;
  }
}

/// As unwritten_variant(), of what is written but not for CUDA too.
std::string unoffered_variant(const Kernel& kernel) {
  if (!is_written(kernel)) return unwritten_variant(kernel);
  if (!has_precision(kernel)) return " in bf16 below compute capability 8.0";
  return kernel.shape.kind == LayerKind::attention ? " of heads of more than 256 channels" : "";
}

}  // namespace

bool offers(const Kernel& kernel) { return is_written(kernel) && has(kernel); }

std::unique_ptr<Operator> make_operator(const Kernel& kernel, std::shared_ptr<Context> context, const OperatorOptions& options) {
  if (!offers(kernel))
    throw MissingCapability("there is no " + std::string(to_string(kernel.pass)) + " of " + std::string(to_string(kernel.shape.kind)) +
                            unoffered_variant(kernel) + " for CUDA");
  return make(kernel, std::move(context), options);
}

}  // namespace forerun::cuda
