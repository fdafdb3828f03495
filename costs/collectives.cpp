#include "costs/collectives.hpp"

namespace forerun {

RingPhase ring_phase(const Collective& collective, int ranks) {
  if (ranks < 2) return {};
  const double share = static_cast<double>(ranks - 1) / ranks;
  switch (collective.operation) {
    case Collective::Operation::barrier: return {};
    case Collective::Operation::all_reduce: return {2.0 * share * collective.bytes, 2 * (ranks - 1)};
    case Collective::Operation::all_gather:
    case Collective::Operation::reduce_scatter:
    case Collective::Operation::all_to_all: return {share * collective.bytes, ranks - 1};
    case Collective::Operation::broadcast: return {collective.bytes, ranks - 1, false};
    case Collective::Operation::send: return {collective.bytes, 1, false};
  }
  return {};
}

}  // namespace forerun
