#pragma once

#include <vector>

#include "cherrypick/replay_summary.hpp"
#include "cli/output.hpp"

namespace forerun {

/// What replayed searches needed: a row a workload, and the means over all searches.
Page replay_page(const std::vector<cherrypick::MeasuredJob>& jobs, const cherrypick::Protocol& protocol,
                 const std::vector<cherrypick::Trajectory>& trajectories);

}  // namespace forerun
