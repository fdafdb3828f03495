#include "sim/chunks.hpp"

#include <algorithm>
#include <utility>

namespace forerun::sim {

namespace {

using Pattern = Phase::Pattern;

// Of a pipeline's edge. Pieces are sent on while they come in, so that the time does not depend on how many there are.
constexpr int kPieces = 32;
constexpr int kTrees = 2;
// Of NCCL, each of whose channels serves so many peers at once (NCCL_MAX_DEV_WORK_P2P_PER_BATCH in src/include/device.h).
constexpr int kPeersOfChannel = 8;
// A ring of PCIe, doubled, has two channels; twelve or more rings of NVLink are rounded up to a power of two (src/graph/paths.cc).
constexpr int kPcieChannels = 2;
constexpr int kNvlinkChannels = 16;

/// Peers that a rank of an all-to-all sends to at once.
int peers_at_once(const Platform& platform) {
  return kPeersOfChannel * (platform.fabric == NodeFabric::pcie ? kPcieChannels : kNvlinkChannels);
}

Chunks::Order order_of(const PlayedPhase& played) {
  if (played.each_pair > Bytes(0)) return Chunks::Order::in_steps;
  switch (played.phase.pattern) {
    case Pattern::ring:
    case Pattern::node_ring:
    case Pattern::rail_ring: return Chunks::Order::in_steps;
    case Pattern::chain: return played.hops > 1 ? Chunks::Order::pipelined : Chunks::Order::at_once;
    case Pattern::tree:
    case Pattern::broadcast_tree: return Chunks::Order::pipelined;
    case Pattern::exchange:
    case Pattern::fold:
    case Pattern::unfold:
    case Pattern::scatter:
    case Pattern::fan_out:
    case Pattern::fan_in:
    case Pattern::pairs: return Chunks::Order::at_once;
  }
  return Chunks::Order::at_once;
}

/// Finds what each edge of a phase waits for.
class Feeding {
 public:
  Feeding(const std::vector<Edge>& edges, int ranks) : edges_(edges), into_(ranks) {
    for (int e = 0; e < static_cast<int>(edges.size()); ++e) into_[edges[e].to].push_back(e);
  }

  /// Edges of tree `tree` (0: no tree) that bring what edge `e` sends on: the same way, or all that come up where the way turns.
  [[nodiscard]] std::vector<int> of(int e, int tree) const {
    std::vector<int> down, up;
    for (const int before : into_[edges_[e].from])
      if (tree == 0 || edges_[before].tree == 0 || edges_[before].tree == tree) (edges_[before].up ? up : down).push_back(before);
    return edges_[e].up || down.empty() ? up : down;
  }

 private:
  const std::vector<Edge>& edges_;
  std::vector<std::vector<int>> into_;  ///< by rank
};

/// Those that `member` sends to, the next in the group first: on its own node, or on the others.
std::vector<int> receivers_of(int member, bool on_node, const Communicator& communicator, int group, const Platform& platform) {
  const int from = communicator.rank(group, member);
  std::vector<int> receivers;
  for (int further = 1; further < communicator.size; ++further) {
    const int to = communicator.rank(group, (member + further) % communicator.size);
    if ((node_of(platform, from) == node_of(platform, to)) == on_node) receivers.push_back(to);
  }
  return receivers;
}

void lay_pairs(const PlayedPhase& played, const Communicator& communicator, int group, const Platform& platform, Chunks& chunks) {
  const int at_once = peers_at_once(platform);
  for (int member = 0; member < communicator.size; ++member)
    for (const bool on_node : {false, true}) {
      const int from = communicator.rank(group, member);
      const std::vector<int> receivers = receivers_of(member, on_node, communicator, group, platform);
      const std::size_t first = chunks.streams.size();
      for (int i = 0; i < std::ssize(receivers); ++i) {
        if (i < at_once) chunks.streams.push_back({.from = from, .to = from, .bytes = played.each_pair});
        chunks.streams[first + i % at_once].receivers.push_back(receivers[i]);
        chunks.count = std::max(chunks.count, i / at_once + 1);
      }
    }
  for (Chunks::Stream& stream : chunks.streams) stream.receivers.resize(chunks.count, stream.from);
  chunks.latency = played.latency / static_cast<double>(chunks.count);
}

}  // namespace

Chunks chunks_of(const PlayedPhase& played, const Communicator& communicator, int group, const Platform& platform) {
  Chunks chunks;
  chunks.order = order_of(played);
  chunks.latency = played.latency / static_cast<double>(played.hops);
  if (played.each_pair > Bytes(0)) {
    lay_pairs(played, communicator, group, platform, chunks);
    return chunks;
  }
  if (chunks.order == Chunks::Order::in_steps) chunks.count = played.hops;
  if (chunks.order == Chunks::Order::pipelined) chunks.count = kPieces;
  std::vector<Edge> edges;
  edges_of(played.phase, communicator, group, platform, edges);
  const bool trees = played.phase.pattern == Pattern::tree || played.phase.pattern == Pattern::broadcast_tree;
  std::vector<std::vector<int>> stream_of(kTrees + 1, std::vector<int>(edges.size(), -1));  // by tree and edge
  for (int tree = trees ? 1 : 0; tree <= (trees ? kTrees : 0); ++tree)
    for (std::size_t e = 0; e < edges.size(); ++e) {
      const Edge& edge = edges[e];
      if (edge.tree != 0 && edge.tree != tree) continue;
      const bool inside = node_of(platform, edge.from) == node_of(platform, edge.to);
      const double share = static_cast<double>(edge.weight) / (trees && edge.tree == 0 ? kTrees : 1) / chunks.count;
      stream_of[tree][e] = static_cast<int>(chunks.streams.size());
      chunks.streams.push_back({edge.from, edge.to, share * (inside ? played.inside : played.between)});
    }
  if (chunks.order == Chunks::Order::at_once) return chunks;
  const Feeding feeding(edges, platform.devices());
  for (int tree = 0; tree <= kTrees; ++tree)
    for (std::size_t e = 0; e < edges.size(); ++e) {
      const int stream = stream_of[tree][e];
      if (stream < 0) continue;
      for (const int before : feeding.of(static_cast<int>(e), tree)) {
        chunks.streams[stream].fed_by.push_back(stream_of[tree][before]);
        chunks.streams[stream_of[tree][before]].feeds.push_back(stream);
      }
    }
  return chunks;
}

}  // namespace forerun::sim
