#pragma once

#include <span>
#include <string>

#include "core/plan.hpp"
#include "core/units.hpp"
#include "core/workload.hpp"

namespace forerun {

/// `backward_weights conv3`, `all_reduce bucket 1`.
std::string title(const Operation& operation, const Workload& workload);

/// The plan as a person reads and checks it: classes, lanes, communicators, then the tree, one operation a line with its lane, work
/// and waits; of a pipeline what each stage does in order, the first 48 bodies of it, then each chunk's bodies. `workload` names the
/// layers; `times`, where there are any, say what each operation takes alone.
std::string plan_text(const StepPlan& plan, const Workload& workload, std::span<const Seconds> times = {});

}  // namespace forerun
