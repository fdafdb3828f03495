#pragma once

#include <string_view>

namespace forerun {

/// The platform and the calibration that `forerun calibrate` writes of the machine it runs on, and the stem of their files.
inline constexpr std::string_view kThisMachine = "this-machine";

}  // namespace forerun
