#include "costs/collectives.hpp"

namespace forerun {

RingPhase ring_phase(const Collective& collective, int ranks) {
  if (ranks < 2 || collective.operation == Collective::Operation::barrier) return {};
  const double share = 2.0 * (ranks - 1) / ranks;
  return {share * collective.bytes, 2 * (ranks - 1)};
}

}  // namespace forerun
