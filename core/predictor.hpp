#pragma once

#include <functional>

#include "core/prediction.hpp"
#include "core/scenario.hpp"

namespace forerun {

/// Any engine. It returns point values: intervals are a wrapper about it (costs/intervals.hpp).
using Predictor = std::function<Prediction(const Scenario&)>;

}  // namespace forerun
