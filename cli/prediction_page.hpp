#pragma once

#include <optional>
#include <vector>

#include "cli/output.hpp"
#include "cli/scenario.hpp"
#include "core/prediction.hpp"
#include "costs/limits.hpp"

namespace forerun {

/// A prediction for people, as its document (with the scenario that runs it again) and as one CSV row. Where they were asked for, with the
/// limits of its step: under `limits` in the document, an elasticity a rate.
Page prediction_page(const Prediction& prediction, const ReadScenario& read, const std::optional<std::vector<Limit>>& limits = {});

}  // namespace forerun
