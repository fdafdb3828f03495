#include "costs/collectives.hpp"

#include <algorithm>
#include <bit>

namespace forerun {

namespace {

using Kind = Collective::Operation;
using Pattern = Phase::Pattern;

int largest_power(int ranks) { return static_cast<int>(std::bit_floor(static_cast<unsigned>(ranks))); }
int levels(int count) { return std::bit_width(static_cast<unsigned>(count)) - 1; }

/// Lays out a collective's phases; hops are inside nodes where all of a phase's edges are.
class Layout {
 public:
  Layout(const Collective& collective, const Placement& placement, PhaseList& phases)
      : n_(collective.bytes), operation_(collective.operation), on_(placement), phases_(phases) {}

  // In a ring every step waits for the slowest edge, and m - 1 of p - 1 steps bring a message into another node.
  void ring(const RingPhase& phase) {
    const int rounds = on_.ranks > 1 ? phase.hops / (on_.ranks - 1) : 1;
    const bool one_hop = operation_ == Kind::send || operation_ == Kind::shift;
    const int between = one_hop ? std::min(on_.nodes - 1, 1) : rounds * (on_.nodes - 1);
    phases_.add({phase.closed ? Pattern::ring : Pattern::chain, 1, phase.edge_bytes, phase.hops - between, between});
  }

  void halving_doubling() {
    const int power = largest_power(on_.ranks);
    const bool all = operation_ == Kind::all_reduce;
    if (all && power < on_.ranks) hop(Pattern::fold, 1, n_);
    if (all)
      for (int distance = 1; distance < power; distance *= 2) hop(Pattern::exchange, distance, n_ / (2.0 * distance));
    if (operation_ == Kind::reduce_scatter)
      for (int distance = power / 2; distance > 0; distance /= 2)
        hop(Pattern::exchange, distance, n_ * (static_cast<double>(distance) / power));
    if (operation_ == Kind::broadcast) scatter();
    if (all)
      for (int distance = power / 2; distance > 0; distance /= 2) hop(Pattern::exchange, distance, n_ / (2.0 * distance));
    if (operation_ == Kind::all_gather || (operation_ == Kind::broadcast && power == on_.ranks))
      for (int distance = 1; distance < power; distance *= 2)
        hop(Pattern::exchange, distance, n_ * (static_cast<double>(distance) / power));
    if (operation_ == Kind::broadcast && power < on_.ranks)
      ring({n_ * (static_cast<double>(on_.ranks - 1) / on_.ranks), on_.ranks - 1, true});
    if (all && power < on_.ranks) hop(Pattern::unfold, 1, n_);
  }

  void recursive_doubling() {
    const int power = largest_power(on_.ranks);
    if (operation_ == Kind::broadcast) {
      for (int distance = widest(); distance > 0; distance /= 2) hop(Pattern::scatter, distance, n_);
      return;
    }
    if (power < on_.ranks) hop(Pattern::fold, 1, n_);
    for (int distance = 1; distance < power; distance *= 2) hop(Pattern::exchange, distance, n_);
    if (power < on_.ranks) hop(Pattern::unfold, 1, n_);
  }

  void tree() {
    const bool all = operation_ == Kind::all_reduce;
    const int depth = on_.nodes < 2 ? 0 : (all ? levels(on_.nodes) : 1 + levels(on_.nodes - 1));
    const int ways = all ? 2 : 1;
    phases_.add({all ? Pattern::tree : Pattern::broadcast_tree, 1, n_ / 2.0, ways * (on_.per_node - 1), ways * depth});
  }

  void hierarchical() {
    const int d = on_.per_node;
    const int m = on_.nodes;
    const double inside = static_cast<double>(d - 1) / d;
    const double between = static_cast<double>(m - 1) / m / d;
    const bool all = operation_ == Kind::all_reduce;
    if (operation_ != Kind::all_gather) phases_.add({Pattern::node_ring, d, inside * n_, d - 1, 0});
    phases_.add({Pattern::rail_ring, d, (all ? 2.0 : 1.0) * between * n_, 0, (all ? 2 : 1) * (m - 1)});
    if (operation_ != Kind::reduce_scatter) phases_.add({Pattern::node_ring, d, inside * n_, d - 1, 0});
  }

  void in_switch() { phases_.add({Pattern::ring, 1, n_ * (1.0 + 1.0 / on_.ranks), 2, 0}); }

 private:
  int widest() const { return largest_power(on_.ranks - 1); }

  void scatter() {
    const int whole = 2 * widest();
    for (int distance = widest(); distance > 0; distance /= 2)
      hop(Pattern::scatter, distance, n_ * (static_cast<double>(distance) / whole));
  }

  // One message a phase: between nodes unless every pair surely lies in one.
  void hop(Pattern pattern, int distance, Bytes bytes) {
    const bool inside = on_.nodes == 1 || (on_.regular && pattern == Pattern::exchange &&
                                           std::has_single_bit(static_cast<unsigned>(on_.ranks)) && distance < on_.per_node);
    phases_.add({pattern, distance, bytes, inside ? 1 : 0, inside ? 0 : 1});
  }

  Bytes n_;
  Kind operation_;
  const Placement& on_;
  PhaseList& phases_;
};

}  // namespace

RingPhase ring_phase(const Collective& collective, int ranks) {
  if (ranks < 2) return {};
  const double share = static_cast<double>(ranks - 1) / ranks;
  switch (collective.operation) {
    case Kind::barrier: return {};
    case Kind::all_reduce: return {2.0 * share * collective.bytes, 2 * (ranks - 1)};
    case Kind::all_gather:
    case Kind::reduce_scatter:
    case Kind::all_to_all: return {share * collective.bytes, ranks - 1};
    case Kind::broadcast: return {collective.bytes, ranks - 1, false};
    case Kind::send:
    case Kind::shift: return {collective.bytes, 1, false};
    case Kind::pull:
    case Kind::push: return {};
  }
  return {};
}

CollectiveAlgorithm feasible_algorithm(CollectiveAlgorithm wanted, Kind operation, const Placement& placement, const Platform& platform) {
  using enum CollectiveAlgorithm;
  const bool all_reduce = operation == Kind::all_reduce;
  const bool broadcast = operation == Kind::broadcast;
  const bool halves = operation == Kind::reduce_scatter || operation == Kind::all_gather;
  const bool power_of_two = std::has_single_bit(static_cast<unsigned>(placement.ranks));
  switch (wanted) {
    case recursive_halving_doubling: return all_reduce || broadcast || (halves && power_of_two) ? wanted : ring;
    case recursive_doubling:
      if (operation == Kind::all_gather && power_of_two) return recursive_halving_doubling;
      return all_reduce || broadcast ? wanted : ring;
    case double_binary_tree: return all_reduce || broadcast ? wanted : ring;
    case hierarchical: return (all_reduce || halves) && placement.regular && placement.per_node > 1 && placement.nodes > 1 ? wanted : ring;
    case switch_reduction: return all_reduce && placement.nodes == 1 && platform.fabric == NodeFabric::nvlink_reducing ? wanted : ring;
    case ring:
    case automatic: return ring;
  }
  return ring;
}

PhaseList phases_of(const Collective& collective, CollectiveAlgorithm algorithm, const Placement& placement) {
  PhaseList phases;
  Layout layout(collective, placement, phases);
  const RingPhase ring = ring_phase(collective, placement.ranks);
  if (ring.hops == 0) return phases;
  switch (algorithm) {
    case CollectiveAlgorithm::ring:
    case CollectiveAlgorithm::automatic: layout.ring(ring); break;
    case CollectiveAlgorithm::recursive_halving_doubling: layout.halving_doubling(); break;
    case CollectiveAlgorithm::recursive_doubling: layout.recursive_doubling(); break;
    case CollectiveAlgorithm::double_binary_tree: layout.tree(); break;
    case CollectiveAlgorithm::hierarchical: layout.hierarchical(); break;
    case CollectiveAlgorithm::switch_reduction: layout.in_switch(); break;
  }
  return phases;
}

}  // namespace forerun
