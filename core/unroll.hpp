#pragma once

#include <cstdint>
#include <vector>

#include "core/plan.hpp"

namespace forerun {

struct Unrolled {
  StepPlan plan;
  std::vector<int> sources;  ///< of each of its operations, the one of the plan that was unrolled
};

/// The same plan with every iteration of the repeats within its step written out, and every micro-batch of its pipelines: the step is a
/// sequence of operations, whose dependencies name the instance that they wait for, in this step or in an earlier one. It takes the same
/// time. MissingCapability: buffers, more than `most` operations.
Unrolled unrolled(const StepPlan& plan, std::int64_t most = 1'000'000);

}  // namespace forerun
