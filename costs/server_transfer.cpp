#include "costs/server_transfer.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace forerun {

Phase server_phase(const Collective& collective) {
  const bool pull = collective.operation == Collective::Operation::pull;
  Phase phase;
  phase.pattern = pull ? Phase::Pattern::fan_out : Phase::Pattern::fan_in;
  phase.bytes = collective.bytes;
  phase.between_hops = pull ? 2 : 1;
  return phase;
}

Seconds server_latency(Collective::Operation operation, const Platform& platform, bool inside) {
  const double hops = server_phase({operation}).between_hops;
  return hops * (inside ? platform.intra_node.latency : platform.inter_node.latency) + platform.collective_overhead;
}

OperationCost server_transfer_cost(const Collective& collective, const Communicator& communicator, const Platform& platform) {
  const Phase phase = server_phase(collective);
  const PhaseLoad load = count_load(phase, communicator, platform);
  const bool inside_described = platform.intra_node.bandwidth > BytesPerSecond(0);
  if (load.between == 0 && load.inside > 0 && !inside_described)
    throw MissingCapability(
        "no calibration measures parameter servers inside a node; describe the link there: "
        "--set platform.intra-node-bandwidth=... and -latency=...");
  OperationCost cost;
  cost.latency = server_latency(collective.operation, platform, load.between == 0);
  if (load.between > 0) cost.drain = load.between * collective.bytes / platform.inter_node_rate();
  if (load.inside > 0 && inside_described)
    cost.drain = std::max(cost.drain, static_cast<double>(load.inside) * collective.bytes / platform.intra_node_rate());
  cost.edge_bytes = collective.bytes;
  cost.closed = false;
  return cost;
}

}  // namespace forerun
