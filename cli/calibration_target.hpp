#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "cli/environment.hpp"

namespace forerun {

/// What a calibration writes, and where.
struct CalibrationTarget {
  std::string name;
  std::filesystem::path calibration;
  std::filesystem::path platform;  ///< empty where the calibration is not this machine's own

  [[nodiscard]] std::filesystem::path journal() const { return calibration.string() + ".part"; }
};

/// The file that was asked for, or where the platform `machine` is found without one, and looks for its calibration. BadInput where that is
/// nowhere, or nothing can be written there.
CalibrationTarget calibration_target(const std::string& file, std::string_view machine, const Environment& environment);

}  // namespace forerun
