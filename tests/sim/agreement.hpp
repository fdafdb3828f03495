#pragma once

#include <catch2/catch.hpp>

#include "costs/transfer_time.hpp"
#include "oracle/evaluate.hpp"
#include "tests/sim/support.hpp"

namespace forerun::test {

inline Platform described(int count, int devices_per_node) {
  Platform platform = nodes(count, devices_per_node);
  platform.inter_node.latency = Seconds(2e-6);
  platform.intra_node = {BytesPerSecond(4e9), Seconds(1e-6)};
  return platform;
}

inline Communicator group(int size, int member_stride, int groups = 1) {
  Communicator communicator = everyone(size);
  communicator.member_stride = member_stride;
  communicator.groups = communicator.inner = groups;
  if (member_stride < 0) communicator.first = -member_stride;
  return communicator;
}

/// Seconds of one collective that every rank of the platform takes part in, once both engines agree on it.
inline double agreed(const Collective& collective, const Communicator& communicator, const Platform& platform) {
  PlanBuilder plan(communicator.size * communicator.groups);
  const int data = plan.lane(LaneKind::communication);
  plan.communicator(communicator);
  plan.transfer(0, {}, data);
  plan.edit().operations[0].work = collective;
  REQUIRE(find_defect(plan.edit()).empty());
  plan.costs()[0] = transfer_cost(collective, communicator, platform, Calibration{});
  const double played = play(plan, 1, platform).makespan.value();
  REQUIRE(played == Approx(oracle::evaluate(plan.plan(1), plan.costs()).total.value()).epsilon(1e-6));
  return played;
}

/// Of 100 MB around a ring.
inline double agreed(Collective::Operation kind, const Communicator& communicator, const Platform& platform) {
  return agreed(Collective{kind, CollectiveAlgorithm::ring, 0, Bytes(1e8)}, communicator, platform);
}

}  // namespace forerun::test
