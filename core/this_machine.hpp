#pragma once

#include <string_view>

namespace forerun {

/// The platform and the calibration that `forerun calibrate` writes of the machine it runs on, and the stem of their files.
inline constexpr std::string_view kThisMachine = "this-machine";

/// The same of its GPU, by `forerun calibrate --device cuda`.
inline constexpr std::string_view kThisMachineGpu = "this-machine-gpu";

}  // namespace forerun
