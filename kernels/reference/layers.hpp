#pragma once

#include "kernels/reference/reference.hpp"

/// The layers of run_reference, each for the passes it has, and the update of any.
namespace forerun {

void reference_dense(const Kernel& kernel, const LayerBuffers& b);
void reference_conv2d(const Kernel& kernel, const LayerBuffers& b);
void reference_max_pool(const Kernel& kernel, const LayerBuffers& b);
void reference_average_pool(const Kernel& kernel, const LayerBuffers& b);
void reference_relu(const Kernel& kernel, const LayerBuffers& b);
void reference_gelu(const Kernel& kernel, const LayerBuffers& b);
void reference_dropout(const Kernel& kernel, const LayerBuffers& b, float share);
void reference_add(const Kernel& kernel, const LayerBuffers& b);
void reference_embedding(const Kernel& kernel, const LayerBuffers& b, bool adds_gradient);
void reference_attention(const Kernel& kernel, const LayerBuffers& b, const OperatorOptions& options);
void reference_norm(const Kernel& kernel, const LayerBuffers& b);  ///< batch_norm, layer_norm
void reference_update(const Kernel& kernel, const LayerBuffers& b, const UpdateRule& rule);
void reference_softmax_cross_entropy(const Kernel& kernel, const LayerBuffers& b);

}  // namespace forerun
