#pragma once

#include <vector>

#include "costs/collectives.hpp"
#include "costs/price.hpp"

namespace forerun {

/// A transfer alone on the platform: the sum over its phases of
///   alpha x hops + max over its links of bytes / capacity.
/// Ranks fill one node after another; alpha is the latency of the route that a message takes, in a ring that of the slowest.
/// Where a communicator's groups lie interleaved in a node they share its link, so the link carries the edges of all of them.
/// Rings, chains and trees over more than two nodes, with several ranks in a node, reach `ring_nics` of the node's `nics` together.
/// A library's protocol adds to the bytes on the wire and has latencies of its own: costs/nccl.hpp.
/// Inside one node without a described link (`intra_node.bandwidth` zero) the time is what the calibration measured there, as a whole
/// (costs/measured_transfer.hpp); across nodes such a link is taken not to limit. Throws MissingCapability where it measured none.
OperationCost transfer_cost(const Collective& collective, const Communicator& communicator, const Platform& platform,
                            const Calibration& calibration);

/// How a transfer is carried out: a forced algorithm where it is feasible; `automatic` as the platform's library chooses,
///   none, gloo   the ring
///   nccl         the cheapest of ring, double binary tree and (in a node that has it) the reducing switch, of each protocol
///   mpi          costs/openmpi.hpp for an all-reduce, else the ring
TransferChoice choose(const Collective& collective, const Communicator& communicator, const Platform& platform);

/// A phase as the simulator plays it: the bytes on the wire of an edge of weight one, by where it runs.
struct PlayedPhase {
  Phase phase;
  Seconds latency;
  Bytes inside;
  Bytes between;
  int hops = 1;     ///< messages that follow one another
  Bytes each_pair;  ///< of an all-to-all: what each rank has for each of the others
};

/// The phases of a transfer with a cost: what transfer_cost() has summed.
std::vector<PlayedPhase> played_phases(const OperationCost& cost, const Collective& collective, const Communicator& communicator,
                                       const Platform& platform);

}  // namespace forerun
