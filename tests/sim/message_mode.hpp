#pragma once

#include <cstdint>

#include "costs/transfer_time.hpp"
#include "tests/sim/agreement.hpp"

namespace forerun::test {

/// One collective on a platform to itself, played in both modes.
struct BothModes {
  double flow_s = 0;
  double message_s = 0;
  Seconds latency;  ///< that its price counts
  std::int64_t messages = 0;

  [[nodiscard]] double ratio() const { return message_s / flow_s; }
};

inline BothModes in_both_modes(const Collective& collective, const Communicator& communicator, const Platform& platform) {
  PlanBuilder plan(communicator.size * communicator.groups);
  const int data = plan.lane(LaneKind::communication);
  plan.communicator(communicator);
  plan.transfer(0, {}, data);
  plan.edit().operations[0].work = collective;
  plan.costs()[0] = transfer_cost(collective, communicator, platform, Calibration{});
  BothModes both;
  both.latency = plan.costs()[0].latency;
  sim::PlayOptions options;
  both.flow_s = sim::play(plan.plan(1), plan.costs(), platform, options).makespan.value();
  options.mode = sim::Mode::message;
  const sim::Played played = sim::play(plan.plan(1), plan.costs(), platform, options);
  both.message_s = played.makespan.value();
  both.messages = played.flows;
  return both;
}

}  // namespace forerun::test
