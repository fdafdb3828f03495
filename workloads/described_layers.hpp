#pragma once

#include <vector>

#include "io/text.hpp"
#include "workloads/graph_builder.hpp"
#include "workloads/layer_entry.hpp"

namespace forerun {

/// Names layers that have none after their kind, counted where they stand: `dense-1`, `dense-2`. Problems: two layers of one name, a
/// loss in the middle, no loss at the end, nothing to train.
void check_layers(std::vector<LayerEntry>& entries, const Text& where, Problems& problems);

/// Writes the layers in their order; each reads the one before it, or those that `from` names, which stand before it. BadInput at the
/// layer: a name that stands nowhere before, a wrong number of inputs, shapes that do not fit together, an output that nobody reads.
void write_layers(GraphBuilder& net, const std::vector<LayerEntry>& entries);

}  // namespace forerun
