#pragma once

#include <optional>
#include <string>

#include "cli/environment.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

namespace CLI {
class App;
}

namespace forerun {

/// `calibrate --from`: measured runs that a device or a link is fitted to.
struct FromRuns {
  std::string runs;
  std::string fit;       ///< which of them; empty: all
  std::string rows;      ///< how many of those; empty: all
  std::string unknowns;  ///< empty: the default ones, so far as the rows tell them
  std::string base;      ///< the calibration that is fitted; empty: the platform's own
};

/// `--from`, `--fit`, `--rows`, `--unknowns` and `--calibration`.
void add_from_options(CLI::App& verb, FromRuns& from);

/// Fits, writes the calibration to `file` and delivers a summary.
ExitCode calibrate_from(const FromRuns& from, const std::string& file, const OutputOptions& output, const Environment& environment);

}  // namespace forerun
