#pragma once

#include "core/workload.hpp"
#include "workloads/graph_builder.hpp"
#include "workloads/layer_entry.hpp"

namespace forerun {

/// A convolution's or a pool's window on this input. One number stands for every extent, depth too where the layer is 3-D. A pool's stride
/// is its window unless it is given. Padding `same` keeps ceil(edge / stride) of each edge, an odd zero after the input.
WindowOptions window_options(const LayerEntry& entry, const TensorShape& input);

}  // namespace forerun
