#pragma once

#include "cli/output.hpp"
#include "core/calibration.hpp"

namespace forerun {

/// What a calibration holds: its origin, its kernel models with samples, base and error, busy factors and collectives.
Page calibration_page(const Calibration& calibration);

}  // namespace forerun
