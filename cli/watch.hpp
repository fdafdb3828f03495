#pragma once

#include <string>

#include "cli/environment.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace forerun {

/// `calibrate --watch`: watches all cores for slow spells and pools what it saw into those of a calibration, which is otherwise left as it
/// is. `duration` as a person wrote it; `file` holds the calibration, or is empty for that of this machine.
/// BadInput: no such calibration, one of another machine or without the times that a watch compares with, a duration out of range.
ExitCode watch(const std::string& duration, const std::string& file, const OutputOptions& output, const Environment& environment);

}  // namespace forerun
