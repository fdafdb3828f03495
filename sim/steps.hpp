#pragma once

#include <cstdint>
#include <string>

#include "core/prediction.hpp"
#include "sim/play.hpp"

namespace forerun::sim {

/// What a few played steps say about a run.
struct StepTime {
  Seconds step;
  Parts parts;  ///< of one step; they add up to `step`
};

/// Steps after which the played run repeats itself: the shortest period that its last three thirds show, both where the compute lane
/// is through with a step and where every lane is. Zero where there is none.
int find_period(const Played& played);

/// Time and parts of a step of a run of `steps` (0: the asymptotic step) whose first steps were played: what was played goes on as its
/// last `window` steps did. The played steps alone where there are no more.
StepTime step_time(const Played& played, std::int64_t steps, int window);

}  // namespace forerun::sim
