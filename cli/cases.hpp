#pragma once

#include <string>
#include <vector>

#include "cli/environment.hpp"
#include "validation/score.hpp"

namespace forerun {

/// Each run with its scenario, priced by `calibration` (a name or a file; empty: each platform's own). BadInput with the problems of all
/// rows; a row that names what is not modelled keeps the reason. Warnings of the scenarios go to standard error, each once.
std::vector<Case> read_cases(const std::vector<MeasuredRun>& runs, const std::string& calibration, const Environment& environment);

}  // namespace forerun
