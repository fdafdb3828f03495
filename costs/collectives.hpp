#pragma once

#include "core/plan.hpp"

namespace forerun {

/// A collective as data: what each rank of a group of `ranks` sends to its successor in the ring, and how many messages follow one
/// another. An engine that plays it starts one flow an edge; one that sums it needs the bytes of an edge and the hops.
struct RingPhase {
  Bytes edge_bytes;
  int hops = 0;
};

/// Ring all-reduce of a buffer of n bytes over p ranks: a reduce-scatter and an all-gather of p - 1 messages of n / p each,
///   edge bytes = 2 (p - 1) / p n,   hops = 2 (p - 1)                       [Patarasuk & Yuan 2009, sec. 3]
/// Nothing for one rank or a barrier. Neglects the arithmetic of the reduction and the rounding of n / p to whole elements.
RingPhase ring_phase(const Collective& collective, int ranks);

}  // namespace forerun
