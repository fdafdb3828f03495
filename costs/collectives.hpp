#pragma once

#include "core/plan.hpp"

namespace forerun {

/// A collective as data: what each rank of a group of `ranks` sends to its successor in the ring, and how many messages follow one
/// another. An engine that plays it starts one flow an edge; one that sums it needs the bytes of an edge and the hops.
struct RingPhase {
  Bytes edge_bytes;
  int hops = 0;
  bool closed = true;  ///< the last rank sends to the first; a chain has one edge less
};

/// Of a buffer of n bytes over p ranks; all-gather and all-to-all count the whole buffer, of which a rank keeps its own share.
///   all-reduce       edge bytes = 2 (p - 1) / p n,  hops = 2 (p - 1): a reduce-scatter and an all-gather   [Patarasuk & Yuan 2009, sec. 3]
///   all-gather, reduce-scatter   (p - 1) / p n,  p - 1                       ring         [Thakur, Rabenseifner & Gropp 2005,
///   sec. 4.1, 4.4] all-to-all       (p - 1) / p n,  p - 1: what a rank sends, in messages to each of the others      pairwise  [ibid.,
///   sec. 4.3] broadcast        n,  p - 1: a chain that pipelines segments so short that only the chain's length counts    [Patarasuk,
///   Faraj & Yuan 2006] send             n,  1
/// Nothing for one rank or a barrier. Neglects the arithmetic of the reduction and the rounding of n / p to whole elements.
RingPhase ring_phase(const Collective& collective, int ranks);

}  // namespace forerun
