#pragma once

#include "cli/output.hpp"
#include "cli/ranked_strategies.hpp"

namespace forerun {

/// A ranking for people, as a document (`evaluated`, `feasible`, `strategies`, best first) and as rows.
Page strategies_page(const RankedStrategies& ranked);

}  // namespace forerun
