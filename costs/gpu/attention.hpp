#pragma once

#include "core/calibration.hpp"

namespace forerun {

/// Attention on a GPU, forward or backward_data; q positions, k keys, h heads, b batch, S = b h q k scores, e bytes of an element.
/// Written scores (fused, unfused): batched products and the streaming of scores at score_share of the streaming bandwidth:
///   forward   Q K^T, softmax 2 e S, dropout (2 e + 1) S, P V; unfused scale and mask: 4 e S more
///   backward  four products, softmax 3 e S, dropout (2 e + 1) S; unfused 2 e S more              [Korthikanti et al. 2022, sec. 4.1]
/// The fused kernel wants b h to be a multiple of 4 and is unfused elsewhere [Megatron-LM, megatron/model/fused_softmax.py].
/// Flash attention: a kernel forward and two backward, its arithmetic (backward with the scores once more) at
///   peak x flash share x k / (k + half length) x occupancy,  occupancy of b h ceil(q / 128) blocks in waves over the multiprocessors
///                                                                       [Dao 2023, FlashAttention-2, sec. 3.2 and 4.1]
/// A causal mask saves nothing here, as in workloads/formulas. fp8 attends in 16 bits. A device without a flash share writes its scores.
Seconds gpu_attention_time(const GpuModel& gpu, const Kernel& kernel);

/// Whether the device runs the attention without writing its scores.
bool runs_flash(const GpuModel& gpu, const Attention& attention);

}  // namespace forerun
