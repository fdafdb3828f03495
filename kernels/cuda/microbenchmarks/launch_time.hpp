#pragma once

#include <functional>

#include "core/units.hpp"
#include "kernels/cuda/runtime.hpp"
#include "kernels/trainer/quantiles.hpp"

namespace forerun::cuda {

/// How long one kernel is measured in one sweep: `budget` in all, in at least `fewest` repetitions, after `warm_up` calls that do not
/// count: the first one loads code and lets libraries choose.
struct LaunchEffort {
  Seconds budget = Seconds(0.004);
  int fewest = 5;
  int most = 15;
  int warm_up = 3;
  Seconds longest_delay = Seconds(0.02);  ///< that holds the stream back while calls are issued
};

/// What a call takes: on the device, from the end of the one before it, and of the host that issues it.
struct LaunchTimes {
  Quantiles device;
  Seconds issue;  ///< median
};

/// Measures calls that launch on the context's stream and return. A repetition is so many calls between two events that it takes 400
/// times what events resolve (0.5 us), launched while a delay holds the stream back, so that the device never waits for the host. Where it
/// may have waited all the same, the delay is doubled, and the repetition tried again.
/// Throws what `launch` throws, and std::runtime_error where a kernel fails.
LaunchTimes time_launches(const Context& context, const std::function<void()>& launch, const LaunchEffort& effort);

}  // namespace forerun::cuda
