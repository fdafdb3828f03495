#pragma once

#include "core/strategy.hpp"
#include "core/units.hpp"

namespace forerun {

/// What Open MPI takes for an all-reduce of a buffer over `ranks` (costs/openmpi.yaml): recursive doubling, ring, Rabenseifner's halving
/// and doubling, or a reduction and a broadcast down trees.
CollectiveAlgorithm openmpi_all_reduce(int ranks, Bytes buffer);

}  // namespace forerun
