#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/calibration.hpp"
#include "io/text.hpp"

namespace forerun {

/// What settings change in a calibration: `calibration.compute-scale`, `calibration.convolution-workspace`,
/// `calibration.overlap-slowdown`.
struct CalibrationSettings {
  std::optional<double> scale;
  std::optional<Bytes> workspace;
  std::optional<double> overlap;

  /// Different for what differs; empty where nothing is set.
  [[nodiscard]] std::string key() const;
};

/// Keys without `calibration.`. Adds to `problems` unknown ones and values out of range.
CalibrationSettings read_calibration_settings(const std::vector<Text>& settings, Problems& problems);

/// The calibration as the settings have it, itself where there are none. Adds to `problems` what it has no place for; `name` is where it
/// stands.
std::shared_ptr<const Calibration> with_settings(std::shared_ptr<const Calibration> calibration, const CalibrationSettings& settings,
                                                 const Text& name, Problems& problems);

}  // namespace forerun
