#pragma once

#include "cli/output.hpp"
#include "core/scenario.hpp"
#include "kernels/trainer/train.hpp"

namespace forerun {

enum class Detail { summary, operations };

/// A training for people, as its document and as one CSV row (with `operations`, a row an operation).
Page training_page(const TrainResult& result, const Scenario& scenario, const std::string& strategy, Detail detail);

}  // namespace forerun
