#include "costs/transfer_time.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "core/error.hpp"
#include "costs/collectives.hpp"

namespace forerun {

namespace {

enum class Span { one_node, several_nodes };

// Whether the ranks of a group lie on several nodes. Groups are alike: the first stands for all.
Span span_of(const Communicator& communicator, const Platform& platform) {
  const int first = node_of(platform, communicator.rank(0, 0));
  const int last = node_of(platform, communicator.rank(0, communicator.size - 1));
  return first == last ? Span::one_node : Span::several_nodes;
}

// Edges that leave a node in each direction. A ring over neighbours leaves it once, and so does a group alone; strided ones once for
// every group that has a rank there.
int edges_over_node_link(const Communicator& communicator, const Platform& platform) {
  const int stride = std::abs(communicator.member_stride);
  if (stride == 1 || communicator.groups == 1) return 1;
  return std::min({platform.devices_per_node, stride, communicator.groups});
}

bool has_edges_inside_node(const Communicator& communicator, const Platform& platform) {
  return std::abs(communicator.member_stride) < platform.devices_per_node;
}

// An all-to-all over a non-blocking switch loads links as a ring does whose edges carry what a rank sends inside its node, and between
// nodes what all members of a node send out of it: d (p - d) shares of the p that the buffer has. Nodes with fewer members send less.
void load_all_to_all(OperationCost& cost, Bytes buffer, const Communicator& communicator, const Platform& platform) {
  std::int64_t sent = 0;
  std::int64_t most = 1;
  for (int member = 0; member < communicator.size;) {
    const int node = node_of(platform, communicator.rank(0, member));
    std::int64_t here = 0;
    for (; member < communicator.size && node_of(platform, communicator.rank(0, member)) == node; ++member) ++here;
    most = std::max(most, here);
    sent = std::max(sent, here * (communicator.size - here));
  }
  if (sent == 0 || most == 1) return;
  cost.edge_bytes = static_cast<double>(most - 1) / communicator.size * buffer;
  cost.crossing = static_cast<double>(sent) / static_cast<double>(most - 1);
}

OperationCost measured_cost(const Collective& collective, int ranks, const Calibration& calibration) {
  if (collective.operation != Collective::Operation::all_reduce)
    throw MissingCapability("no calibration measures " + std::string(to_string(collective.operation)) +
                            " inside a node; describe the link there: --set platform.intra-node-bandwidth=... and -latency=...");
  for (const CollectiveTimeModel& model : calibration.all_reduce_models)
    if (model.ranks == ranks) return {collective_time(model, collective.bytes), Seconds(0), Bytes(0)};
  throw MissingCapability("calibration " + calibration.name + " has no all-reduce over " + std::to_string(ranks) +
                          " ranks of one node; run forerun calibrate --network on a machine with as many cores");
}

}  // namespace

Seconds collective_time(const CollectiveTimeModel& model, Bytes buffer) {
  const double x = std::log(std::max(buffer.value(), 1.0));
  const auto& sizes = model.log_bytes;
  const auto& times = model.log_seconds;
  if (x <= sizes.front()) return Seconds(std::exp(times.front()));
  if (x >= sizes.back()) return Seconds(std::exp(times.back() + x - sizes.back()));
  const auto above = std::upper_bound(sizes.begin(), sizes.end(), x) - sizes.begin();
  const double share = (x - sizes[above - 1]) / (sizes[above] - sizes[above - 1]);
  return Seconds(std::exp(times[above - 1] + share * (times[above] - times[above - 1])));
}

OperationCost transfer_cost(const Collective& collective, const Communicator& communicator, const Platform& platform,
                            const Calibration& calibration) {
  const RingPhase phase = ring_phase(collective, communicator.size);
  if (phase.hops == 0) return {};
  const Span span = span_of(communicator, platform);
  if (span == Span::one_node && platform.intra_node.bandwidth == BytesPerSecond(0))
    return measured_cost(collective, communicator.size, calibration);
  OperationCost cost;
  cost.edge_bytes = phase.edge_bytes;
  cost.closed = phase.closed;
  if (collective.operation == Collective::Operation::all_to_all) load_all_to_all(cost, collective.bytes, communicator, platform);
  Seconds alpha;
  const bool inside_described = platform.intra_node.bandwidth > BytesPerSecond(0);
  if (inside_described && (span == Span::one_node || has_edges_inside_node(communicator, platform))) {
    alpha = platform.intra_node.latency;
    cost.drain = cost.edge_bytes / platform.intra_node.bandwidth;
  }
  if (span == Span::several_nodes) {
    alpha = std::max(alpha, platform.inter_node.latency);
    const double edges = edges_over_node_link(communicator, platform);
    cost.drain = std::max(cost.drain, edges * cost.crossing * cost.edge_bytes / platform.inter_node.bandwidth);
  }
  cost.latency = static_cast<double>(phase.hops) * alpha;
  return cost;
}

}  // namespace forerun
