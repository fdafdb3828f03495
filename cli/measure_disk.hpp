#pragma once

#include <filesystem>

#include "cli/environment.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "kernels/microbenchmarks/measure.hpp"

namespace forerun {

/// `calibrate --disk FOLDER`: measures the storage that the folder lies on, and writes this machine with it as a platform, to `file` or
/// where `this-machine-disk` is found. BadInput: a folder or a file that cannot be written to.
ExitCode measure_disk_of(const std::filesystem::path& folder, CalibrateMode mode, const std::string& file, const OutputOptions& output,
                         const Environment& environment);

}  // namespace forerun
