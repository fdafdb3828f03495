#include "costs/transfer_time.hpp"

#include <algorithm>
#include <cmath>
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

// Edges that leave a node in each direction. A ring over neighbours leaves it once; a strided one once for every group that has a
// rank there.
int edges_over_node_link(const Communicator& communicator, const Platform& platform) {
  if (communicator.member_stride == 1) return 1;
  return std::min(platform.devices_per_node, communicator.member_stride);
}

bool has_edges_inside_node(const Communicator& communicator, const Platform& platform) {
  return communicator.member_stride < platform.devices_per_node;
}

OperationCost measured_cost(const Collective& collective, int ranks, const Calibration& calibration) {
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
  Seconds alpha;
  const bool inside_described = platform.intra_node.bandwidth > BytesPerSecond(0);
  if (inside_described && (span == Span::one_node || has_edges_inside_node(communicator, platform))) {
    alpha = platform.intra_node.latency;
    cost.drain = phase.edge_bytes / platform.intra_node.bandwidth;
  }
  if (span == Span::several_nodes) {
    alpha = std::max(alpha, platform.inter_node.latency);
    const double edges = edges_over_node_link(communicator, platform);
    cost.drain = std::max(cost.drain, edges * phase.edge_bytes / platform.inter_node.bandwidth);
  }
  cost.latency = static_cast<double>(phase.hops) * alpha;
  return cost;
}

}  // namespace forerun
