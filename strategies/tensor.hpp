#pragma once

#include <string>

#include "strategies/local_model.hpp"

namespace forerun {

/// Megatron's split of a network over `degree` ranks [Shoeybi et al. 2019, sec. 3; Korthikanti et al. 2022, sec. 4].
/// A dense layer whose outputs, through functions of single elements and through attention, are all read by dense layers or by a loss over
/// classes has its columns split; a dense layer that reads split channels has its rows split, and its output is summed over the axis:
///   column  y_r = x W_r      exchanges the sum of dL/dx
///   row     y = sum_r x_r W_r   exchanges the sum of y
/// Attention is split by heads (where keys and values have fewer heads than ranks, ranks share them), an embedding table by rows, a loss
/// by classes, with three sums of one float32 a position: maximum, sum of exponentials, the target's logit.
/// sequence parallel: what stands between has its positions split instead of being repeated; each sum becomes a reduce-scatter before and
/// an all-gather after it, and the columns' input is gathered once more for the gradient of the weights. Returns why the network cannot be
/// split so, or nothing: sizes that do not divide (of words none: pad_vocabulary()), or neither a pair of dense layers nor a table, so that
/// every rank would do the same but for the classes of its loss.
struct TensorSplit {
  int degree = 1;
  bool sequence_parallel = false;
};
std::string split_over_tensor(LocalModel& model, const TensorSplit& split);

/// Dense layers that read the same tensor become one with all their outputs, as frameworks that fuse projections run them.
void fuse_projections(LocalModel& model);

}  // namespace forerun
