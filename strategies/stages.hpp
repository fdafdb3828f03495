#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/infeasible.hpp"
#include "core/workload.hpp"
#include "strategies/step_writer.hpp"

namespace forerun {

/// Cuts a network into chunks of layers for a pipeline, in its order. A network of blocks is cut between blocks, as many to each chunk (the
/// first ones have one more where they do not divide); what stands before the blocks belongs to the first chunk, what follows them to the
/// last. A network without blocks is cut so that the chunk with most arithmetic has least.
/// Infeasible: fewer blocks or layers than chunks.
std::variant<std::vector<LayerRange>, Infeasible> cut_chunks(const Workload& workload, int chunks);

/// The layers of a range as a network of their own, whose formulas hold for the range; layers that its first ones read are its data.
Workload part_of(const Workload& workload, LayerRange layers);

/// Weights of the network up to layer `end` that layers of a range further on use, too: a token table as the head.
Bytes tied_bytes(const Workload& workload, int end, LayerRange users);

}  // namespace forerun
