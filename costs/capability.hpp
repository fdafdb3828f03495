#pragma once

#include <string>

#include "core/calibration.hpp"
#include "core/plan.hpp"
#include "core/scenario.hpp"

namespace forerun {

/// What the calibration lacks to price the kernel: of a CPU what it has no samples of, `attention forward`; of a GPU a sentence. Empty
/// where it can.
std::string lacking(const Calibration& calibration, const Kernel& kernel);

/// Throws MissingCapability with everything that the calibration lacks for the kernels of the plan, each once, in their order.
void require_kernels(const StepPlan& plan, const Calibration& calibration);

/// The same for the layers of the scenario's workload, as one device would run them: before anything else is said of the scenario.
/// Nothing where the plan is given.
void require_kernels(const Scenario& scenario);

}  // namespace forerun
