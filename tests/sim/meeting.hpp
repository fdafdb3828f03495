#pragma once

#include "tests/sim/support.hpp"

namespace forerun::test {

/// Each step of every device: 1 s of compute, a transfer among all that takes 0.3 s, 0.5 s of compute; operations 0, 1 and 2. All are
/// logged.
inline sim::Played play_meeting(const Platform& platform, std::uint64_t seed, int steps) {
  PlanBuilder plan(platform.devices());
  const int data = plan.lane(LaneKind::communication);
  plan.communicator(everyone(platform.devices()));
  const int reduce = plan.transfer(0, {{plan.compute(1), 0}}, data);
  plan.costs()[reduce] = flows(0.1, 0.2);
  plan.compute(0.5, {{reduce, 0}});
  sim::PlayOptions options;
  options.steps = steps;
  options.seed = seed;
  options.logging = sim::Logging::every_rank;
  return sim::play(plan.plan(steps), plan.costs(), platform, options);
}

}  // namespace forerun::test
