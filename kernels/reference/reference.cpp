#include "kernels/reference/reference.hpp"

#include "core/error.hpp"
#include "kernels/cpu/operator.hpp"
#include "kernels/reference/layers.hpp"

namespace forerun {

void run_reference(const Kernel& kernel, const LayerBuffers& buffers, const OperatorOptions& options) {
  if (!cpu::offers(cpu::Library::eigen, kernel)) throw MissingCapability("the layer does not have this pass");
  if (kernel.pass == Pass::update) return reference_update(kernel, buffers, options.rule);
  switch (kernel.shape.kind) {
    case LayerKind::dense: return reference_dense(kernel, buffers);
    case LayerKind::conv2d: return reference_conv2d(kernel, buffers);
    case LayerKind::max_pool: return reference_max_pool(kernel, buffers);
    case LayerKind::average_pool: return reference_average_pool(kernel, buffers);
    case LayerKind::relu: return reference_relu(kernel, buffers);
    case LayerKind::gelu: return reference_gelu(kernel, buffers);
    case LayerKind::dropout: return reference_dropout(kernel, buffers, options.dropped_share);
    case LayerKind::add: return reference_add(kernel, buffers);
    case LayerKind::embedding: return reference_embedding(kernel, buffers, options.adds_gradient);
    case LayerKind::attention: return reference_attention(kernel, buffers, options);
    case LayerKind::batch_norm:
    case LayerKind::layer_norm: return reference_norm(kernel, buffers);
    case LayerKind::softmax_cross_entropy: return reference_softmax_cross_entropy(kernel, buffers);
    default: return;  // not offered
  }
}

}  // namespace forerun
