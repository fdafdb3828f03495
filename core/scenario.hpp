#pragma once

#include <memory>

#include "core/calibration.hpp"
#include "core/input.hpp"
#include "core/plan.hpp"
#include "core/platform.hpp"
#include "core/run.hpp"
#include "core/strategy.hpp"
#include "core/workload.hpp"

namespace forerun {

/// All that a prediction depends on. A calibration is large and never changes, so scenarios share it.
/// Where the plan is given, by a trace, there is nothing to lower: the workload has only a name, and the strategy says nothing.
struct Scenario {
  Workload workload;
  Platform platform;
  Strategy strategy;
  Run run;
  Input input;
  std::shared_ptr<const Calibration> calibration;
  std::shared_ptr<const StepPlan> plan;

  [[nodiscard]] int ranks() const { return plan ? plan->ranks : strategy.ranks(); }
};

}  // namespace forerun
