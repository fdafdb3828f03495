#pragma once

#include "cli/output.hpp"
#include "cli/scenario.hpp"
#include "core/prediction.hpp"

namespace forerun {

/// A prediction for people, as its document (with the scenario that runs it again) and as one CSV row.
Page prediction_page(const Prediction& prediction, const ReadScenario& read);

}  // namespace forerun
