#include "costs/transfer_time.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "costs/measured_transfer.hpp"
#include "costs/nccl.hpp"
#include "costs/openmpi.hpp"
#include "costs/server_transfer.hpp"

namespace forerun {

namespace {

using Kind = Collective::Operation;
using Pattern = Phase::Pattern;

bool runs_through_nodes(Pattern pattern) {
  return pattern == Pattern::ring || pattern == Pattern::chain || pattern == Pattern::tree || pattern == Pattern::broadcast_tree;
}
// In these every step waits for the slowest edge.
bool in_step(Pattern pattern) { return pattern == Pattern::ring || pattern == Pattern::chain || pattern == Pattern::pairs; }
// Where nodes alike meet at one switch, an all-to-all loads each of their links as much as a ring; elsewhere it counts who sends to whom.
bool goes_in_pairs(const Collective& collective, const Placement& placement, const Platform& platform) {
  return collective.operation == Kind::all_to_all && (platform.topology.kind != Topology::Kind::star || !placement.regular);
}

/// One transfer on one platform; what its algorithms have in common is worked out once.
class Transfer {
 public:
  Transfer(const Collective& collective, const Communicator& communicator, const Platform& platform)
      : collective_(collective),
        communicator_(communicator),
        platform_(platform),
        placement_(place(communicator, platform)),
        inside_described_(platform.intra_node.bandwidth > BytesPerSecond(0)),
        pairs_(goes_in_pairs(collective, placement_, platform)),
        ring_load_(load_of({.pattern = Pattern::ring}, communicator, placement_, platform)) {
    if (pairs_)
      all_to_all_edge_ = collective.bytes / communicator.size;
    else if (collective.operation == Kind::all_to_all)
      lay_all_to_all();
    if (platform.ring_nics > 0 && platform.ring_nics < platform.nics && placement_.nodes > 2 && placement_.per_node > 1)
      cards_ = static_cast<double>(platform.nics) / platform.ring_nics;
  }

  [[nodiscard]] const Placement& placement() const { return placement_; }

  /// With bytes as they are; the protocol comes on top of it.
  struct Plain {
    Seconds latency;
    Seconds drain;
    Bytes carried;  ///< the bytes of a ring that loads a link as much, of the link for which that is most
    int inside_hops = 0;
    int between_hops = 0;
    Phase first;
  };
  [[nodiscard]] Plain plain(const PhaseList& phases) const {
    Plain sum;
    sum.first = phases[0];
    for (const Phase& phase : phases) {
      const PhaseLoad load = phase.pattern == Pattern::ring ? ring_load_ : load_of(phase, communicator_, placement_, platform_);
      sum.latency += latency(phase, load);
      sum.drain += drain(phase, load);
      sum.carried += carried(phase, load);
      sum.inside_hops += phase.inside_hops;
      sum.between_hops += phase.between_hops;
    }
    return sum;
  }

  [[nodiscard]] PhaseList phases(CollectiveAlgorithm algorithm) const {
    if (collective_.operation != Kind::all_to_all) return phases_of(collective_, algorithm, placement_);
    PhaseList list;
    Phase ring = phases_of(collective_, CollectiveAlgorithm::ring, placement_)[0];
    ring.bytes = all_to_all_edge_;
    if (pairs_) ring.pattern = Pattern::pairs;
    list.add(ring);
    return list;
  }

  /// Times as many bytes of an edge between nodes.
  [[nodiscard]] double crossing(Pattern pattern) const {
    return collective_.operation == Kind::all_to_all ? all_to_all_crossing_ : (runs_through_nodes(pattern) ? cards_ : 1);
  }

  /// The bandwidth that a ring of the group has alone.
  [[nodiscard]] BytesPerSecond bus() const {
    double rate = std::numeric_limits<double>::infinity();
    if (inside_described_ && ring_load_.inside > 0) rate = platform_.intra_node_rate().value();
    if (ring_load_.between > 0) rate = std::min(rate, platform_.inter_node_rate().value() / (ring_load_.between * cards_));
    return BytesPerSecond(rate);
  }

 private:
  [[nodiscard]] Seconds latency(const Phase& phase, const PhaseLoad& load) const {
    const Seconds inside = inside_described_ && load.inside > 0 ? platform_.intra_node.latency : Seconds(0);
    const Seconds between = load.between > 0 ? platform_.inter_node.latency : Seconds(0);
    if (in_step(phase.pattern)) return static_cast<double>(phase.inside_hops + phase.between_hops) * std::max(inside, between);
    return static_cast<double>(phase.inside_hops) * inside + static_cast<double>(phase.between_hops) * between;
  }

  [[nodiscard]] Seconds drain(const Phase& phase, const PhaseLoad& load) const {
    Seconds longest;
    if (inside_described_ && load.inside > 0) longest = static_cast<double>(load.inside) * phase.bytes / platform_.intra_node_rate();
    if (load.between > 0) longest = std::max(longest, load.between * crossing(phase.pattern) * phase.bytes / platform_.inter_node_rate());
    return longest;
  }

  [[nodiscard]] Bytes carried(const Phase& phase, const PhaseLoad& load) const {
    double rings = load.inside;
    if (load.between > 0) rings = std::max(rings, load.between * crossing(phase.pattern) / (ring_load_.between * cards_));
    return rings * phase.bytes;
  }

  // An all-to-all over a non-blocking switch loads links as a ring does whose edges carry what a rank sends inside its node, and between
  // nodes what all members of a node send out of it: d (p - d) shares of the p that the buffer has.
  void lay_all_to_all() {
    const int p = communicator_.size;
    const std::int64_t most = placement_.per_node;
    const std::int64_t sent = most * (p - most);
    all_to_all_edge_ = static_cast<double>(p - 1) / p * collective_.bytes;
    if (sent == 0 || most == 1) return;
    all_to_all_edge_ = static_cast<double>(most - 1) / p * collective_.bytes;
    all_to_all_crossing_ = static_cast<double>(sent) / static_cast<double>(most - 1);
  }

  const Collective& collective_;
  const Communicator& communicator_;
  const Platform& platform_;
  Placement placement_;
  bool inside_described_;
  bool pairs_;
  PhaseLoad ring_load_;
  double cards_ = 1;
  Bytes all_to_all_edge_;
  double all_to_all_crossing_ = 1;
};

struct Priced {
  TransferChoice choice;
  Seconds latency;
  Seconds drain;
  double expansion = 1;
  Phase first;

  [[nodiscard]] Seconds time() const { return latency + drain; }
};

Priced price_plain(const Transfer& transfer, const Platform& platform, CollectiveAlgorithm algorithm) {
  const Transfer::Plain plain = transfer.plain(transfer.phases(algorithm));
  return {{algorithm, Protocol::simple}, plain.latency + platform.collective_overhead, plain.drain, 1, plain.first};
}

// The cheapest protocol of an algorithm by NCCL's tuning.
Priced price_nccl(const Transfer& transfer, const Collective& collective, const Platform& platform, CollectiveAlgorithm algorithm) {
  const Transfer::Plain plain = transfer.plain(transfer.phases(algorithm));
  NcclUse use{transfer.bus(), transfer.bus(), plain.inside_hops, plain.between_hops};
  if (plain.drain > Seconds(0)) use.reached = plain.carried / plain.drain;
  Priced best;
  for (const Protocol protocol : {Protocol::simple, Protocol::low_latency, Protocol::low_latency_128}) {
    const TransferChoice choice{algorithm, protocol};
    const NcclPrice price = nccl_price(collective, choice, transfer.placement(), platform, use);
    const Priced priced{choice, price.latency + platform.collective_overhead, price.expansion * plain.drain, price.expansion, plain.first};
    if (price.offered && (protocol == Protocol::simple || priced.time() < best.time())) best = priced;
  }
  return best;
}

Priced choose_nccl(const Transfer& transfer, const Collective& collective, const Platform& platform) {
  Priced best = price_nccl(transfer, collective, platform, CollectiveAlgorithm::ring);
  if (collective.operation != Kind::all_reduce) return best;
  using enum CollectiveAlgorithm;
  for (const CollectiveAlgorithm algorithm : {double_binary_tree, switch_reduction}) {
    if (feasible_algorithm(algorithm, collective.operation, transfer.placement(), platform) != algorithm) continue;
    const Priced priced = price_nccl(transfer, collective, platform, algorithm);
    if (priced.time() < best.time()) best = priced;
  }
  return best;
}

Priced price_transfer(const Transfer& transfer, const Collective& collective, const Platform& platform) {
  CollectiveAlgorithm algorithm = collective.algorithm;
  const bool nccl = platform.library == CollectiveLibrary::nccl;
  if (algorithm == CollectiveAlgorithm::automatic) {
    if (nccl) return choose_nccl(transfer, collective, platform);
    const bool openmpi = platform.library == CollectiveLibrary::mpi && collective.operation == Kind::all_reduce;
    algorithm = openmpi ? openmpi_all_reduce(transfer.placement().ranks, collective.bytes) : CollectiveAlgorithm::ring;
  }
  algorithm = feasible_algorithm(algorithm, collective.operation, transfer.placement(), platform);
  return nccl ? price_nccl(transfer, collective, platform, algorithm) : price_plain(transfer, platform, algorithm);
}

bool moves_nothing(const Collective& collective, int ranks) { return ranks < 2 || collective.operation == Kind::barrier; }

}  // namespace

TransferChoice choose(const Collective& collective, const Communicator& communicator, const Platform& platform) {
  if (moves_nothing(collective, communicator.size) || is_server_transfer(collective.operation)) return {};
  return price_transfer(Transfer(collective, communicator, platform), collective, platform).choice;
}

OperationCost transfer_cost(const Collective& collective, const Communicator& communicator, const Platform& platform,
                            const Calibration& calibration) {
  if (moves_nothing(collective, communicator.size)) return {};
  if (platform.intra_node.bandwidth == BytesPerSecond(0) && place(communicator, platform).nodes == 1)
    return measured_transfer_cost(collective, communicator.size, calibration);
  if (is_server_transfer(collective.operation)) return server_transfer_cost(collective, communicator, platform);
  const Transfer transfer(collective, communicator, platform);
  const Priced priced = price_transfer(transfer, collective, platform);
  OperationCost cost;
  cost.latency = priced.latency;
  cost.drain = priced.drain;
  cost.choice = priced.choice;
  cost.expansion = priced.expansion;
  cost.edge_bytes = priced.expansion * priced.first.bytes;
  cost.crossing = transfer.crossing(priced.first.pattern);
  cost.closed = priced.first.pattern != Pattern::chain;
  return cost;
}

std::vector<PlayedPhase> played_phases(const OperationCost& cost, const Collective& collective, const Communicator& communicator,
                                       const Platform& platform) {
  if (communicator.size < 2 || cost.edge_bytes <= Bytes(0)) return {};
  if (is_server_transfer(collective.operation)) return {{server_phase(collective), cost.latency, cost.edge_bytes, cost.edge_bytes}};
  if (cost.choice.algorithm == CollectiveAlgorithm::ring) {
    const Phase phase{.pattern = cost.closed ? Pattern::ring : Pattern::chain, .bytes = cost.edge_bytes};
    PlayedPhase played{phase, cost.latency, cost.edge_bytes, cost.crossing * cost.edge_bytes};
    played.hops = ring_phase(collective, communicator.size).hops;
    if (collective.operation == Kind::all_to_all) {
      played.each_pair = cost.expansion * collective.bytes / communicator.size;
      if (goes_in_pairs(collective, place(communicator, platform), platform)) played.phase.pattern = Pattern::pairs;
    }
    return {played};
  }
  const Transfer transfer(collective, communicator, platform);
  const PhaseList list = transfer.phases(cost.choice.algorithm);
  double hops = 0;
  for (const Phase& phase : list) hops += phase.inside_hops + phase.between_hops;
  std::vector<PlayedPhase> played;
  for (const Phase& phase : list) {
    const int own_hops = phase.inside_hops + phase.between_hops;
    const Bytes bytes = cost.expansion * phase.bytes;
    played.push_back({phase, own_hops / hops * cost.latency, bytes, transfer.crossing(phase.pattern) * bytes, own_hops});
  }
  return played;
}

}  // namespace forerun
