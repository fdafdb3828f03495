#pragma once

#include <memory>

#include "core/calibration.hpp"
#include "core/platform.hpp"
#include "core/run.hpp"
#include "core/strategy.hpp"
#include "core/workload.hpp"

namespace forerun {

/// All that a prediction depends on. A calibration is large and never changes, so scenarios share it.
struct Scenario {
  Workload workload;
  Platform platform;
  Strategy strategy;
  Run run;
  std::shared_ptr<const Calibration> calibration;
};

}  // namespace forerun
