#pragma once

#include <string>

#include "cli/ranked_strategies.hpp"
#include "io/json.hpp"

namespace forerun {

/// How many steps the target takes, what a fit leaves open of that, and what each batch comes to; empty without a target.
std::string target_text(const RankedStrategies& ranked);

/// The same: `target` (null without one) and `batches`.
Json target_json(const RankedStrategies& ranked);
Json batches_json(const RankedStrategies& ranked);

}  // namespace forerun
