#pragma once

#include <vector>

#include "core/plan.hpp"
#include "core/platform.hpp"
#include "costs/price.hpp"
#include "sim/play.hpp"
#include "sim/program.hpp"

namespace forerun::sim {

/// What a node's link carries, as means over equal parts of a play.
struct LinkUse {
  std::vector<double> sends_bytes_per_s;
  std::vector<double> receives_bytes_per_s;
};

/// By node, over `parts` parts of the play's time, from a log of every rank: each transfer's bytes are spread evenly over the time that it
/// took. Bytes that stay inside a node are none of its link's.
std::vector<LinkUse> link_use(const StepPlan& plan, const Program& program, const std::vector<OperationCost>& costs,
                              const Platform& platform, const Played& played, int parts);

}  // namespace forerun::sim
