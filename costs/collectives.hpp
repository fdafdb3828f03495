#pragma once

#include <cassert>
#include <memory>
#include <vector>

#include "core/plan.hpp"
#include "core/platform.hpp"
#include "costs/placement.hpp"

namespace forerun {

/// A collective over a ring as data: what each rank of a group of `ranks` sends to its successor, and how many messages follow one
/// another. An engine that plays it starts one flow an edge; one that sums it needs the bytes of an edge and the hops.
struct RingPhase {
  Bytes edge_bytes;
  int hops = 0;
  bool closed = true;  ///< the last rank sends to the first; a chain has one edge less
};

/// Of a buffer of n bytes over p ranks; all-gather and all-to-all count the whole buffer, of which a rank keeps its own share.
///   all-reduce       edge bytes = 2 (p - 1) / p n,  hops = 2 (p - 1): a reduce-scatter and an all-gather   [Patarasuk & Yuan 2009, sec. 3]
///   all-gather, reduce-scatter   (p - 1) / p n,  p - 1         ring   [Thakur, Rabenseifner & Gropp 2005, sec. 4.1, 4.4]
///   all-to-all       (p - 1) / p n,  p - 1: what a rank sends, in messages to each of the others      pairwise  [ibid., sec. 4.3]
///   broadcast        n,  p - 1: a chain that pipelines segments so short that only the chain's length counts    [Patarasuk, Faraj & Yuan
///   2006] send             n,  1
///   shift            n,  1: each member to the next, all at the same time
/// Nothing for one rank or a barrier. Neglects the arithmetic of the reduction and the rounding of n / p to whole elements.
RingPhase ring_phase(const Collective& collective, int ranks);

/// One phase of a collective: its edges send at the same time, and the next phase starts once all of a group have arrived.
struct Phase {
  enum class Pattern {
    ring,            ///< each member to the next, the last to the first
    chain,           ///< each to the next
    exchange,        ///< survivor v with v xor `distance`, both ways
    fold,            ///< members beyond a power of two to their neighbours that survive
    unfold,          ///< and back
    scatter,         ///< members at multiples of 2 `distance` to the one `distance` on
    node_ring,       ///< a ring among the members of each node
    rail_ring,       ///< rings over nodes, one through each member of a node
    tree,            ///< chains in the nodes up to their leaders and a double binary tree over these, up and down
    broadcast_tree,  ///< the same downwards alone, from the first member
    fan_out,         ///< the first member to each of the others
    fan_in,          ///< each of the others to the first member
    pairs,           ///< each member to all others: between two nodes one edge for all that theirs exchange, inside one a ring
  };
  Pattern pattern = Pattern::ring;
  int distance = 1;
  Bytes bytes;           ///< of an edge of weight one
  int inside_hops = 0;   ///< messages inside nodes that follow one another
  int between_hops = 0;  ///< between nodes
};

/// Phases in order, on the stack: pricing millions of transfers allocates nothing for them, and clears no more than it uses.
class PhaseList {
 public:
  PhaseList() {}  // NOLINT(modernize-use-equals-default): the default would be deleted
  void add(const Phase& phase) {
    assert(count_ < kMost);
    std::construct_at(&phases_[count_++], phase);
  }
  [[nodiscard]] const Phase* begin() const { return phases_; }
  [[nodiscard]] const Phase* end() const { return phases_ + count_; }
  [[nodiscard]] int size() const { return count_; }
  const Phase& operator[](int index) const { return phases_[index]; }

 private:
  static constexpr int kMost = 66;  // two a doubling of 2^31 ranks, fold and unfold
  union {
    Phase phases_[kMost];  // NOLINT(modernize-avoid-c-arrays): an array of std would make it all anew
  };
  int count_ = 0;
};

/// The algorithm that a collective really takes where a forced one does not exist for it or for where its ranks lie:
///   recursive halving and doubling, recursive doubling: a reduce-scatter or an all-gather over other than a power of two of ranks, an
///   all-to-all; double binary tree: anything but all-reduce and broadcast; hierarchical: groups that lie unevenly or do not have several
///   ranks in each of several nodes, a broadcast or an all-to-all; switch reduction: anything but an all-reduce inside a node whose fabric
///   reduces. All of these take the ring (an all-to-all: pairwise; a broadcast: the chain).
CollectiveAlgorithm feasible_algorithm(CollectiveAlgorithm wanted, Collective::Operation operation, const Placement& placement,
                                       const Platform& platform);

/// The phases of a collective of n bytes over p ranks by a feasible algorithm; P: the largest power of two in p; d ranks a node, m nodes.
///   ring                        as ring_phase()
///   recursive halving-doubling  all-reduce: exchanges at 1, 2, ..., P / 2 of n / 2, n / 4, ..., and back; p > P: n before and after
///                               [Rabenseifner 2004; Thakur et al. 2005, sec. 4.5]; reduce-scatter: from P / 2 of n / 2 on; all-gather:
///                               from 1 of n / p on; broadcast: a scatter down a binomial tree, then an all-gather
///   recursive doubling          all-reduce: log2 P exchanges of n; p > P: n before and after   [Thakur et al. 2005, sec. 4.5]
///                               broadcast: a binomial tree, n in each of its log2 p levels
///   double binary tree          one phase: each edge of the two trees half the buffer, up and down at once   [Sanders, Speck & Träff 2009]
///   hierarchical                reduce-scatter in nodes (d - 1) / d n, d rings over nodes 2 (m - 1) / m n / d, all-gather in nodes
///   switch reduction            each rank sends its buffer, to be summed, and its share of the sum, to be copied to all: n (1 + 1 / p)
PhaseList phases_of(const Collective& collective, CollectiveAlgorithm algorithm, const Placement& placement);

/// One edge of a phase: `weight` times the phase's bytes from rank to rank.
struct Edge {
  int from = 0;
  int to = 0;
  int weight = 1;
  int tree = 0;     ///< of a double binary tree: 1 or 2 where it belongs to that one alone
  bool up = false;  ///< in a tree, towards its root
};

/// Appends the edges of a phase within one group.
void edges_of(const Phase& phase, const Communicator& communicator, int group, const Platform& platform, std::vector<Edge>& edges);

/// Edges, by weight, over the busiest link in its busier direction: that of one rank inside its node; between nodes, of the links that
/// platforms/fabric.hpp lays, the one that takes longest, in edges over a node's link that take as long.
struct PhaseLoad {
  int inside = 0;
  double between = 0;

  friend bool operator==(const PhaseLoad&, const PhaseLoad&) = default;
};

/// O(1) where the placement is regular and one switch joins the nodes. Where it does not, every edge of every group is laid over the links
/// between: O(edges x links of a route). Over one switch, irregular groups go edge by edge over as many members and groups as show all
/// their places (of trees: to two edges or a quarter, where groups meet in a node). count_load() counts every edge of every group.
PhaseLoad load_of(const Phase& phase, const Communicator& communicator, const Placement& placement, const Platform& platform);
PhaseLoad count_load(const Phase& phase, const Communicator& communicator, const Platform& platform);

}  // namespace forerun
