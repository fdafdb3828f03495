#pragma once

#include "core/prediction.hpp"
#include "core/scenario.hpp"

namespace forerun::oracle {

/// The prediction of a scenario from its plan's structure alone: microseconds, no contention, no spread between ranks.
/// Throws MissingCapability where the calibration lacks a kernel or a collective of the plan.
Prediction predict(const Scenario& scenario);

}  // namespace forerun::oracle
