#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "cherrypick/replay.hpp"

namespace forerun {

/// Reads what a model says of the configurations of measured jobs, one row a workload and candidate, into MeasuredJob::predicted. `column`
/// holds seconds (docs/search.md); where it is empty, or a configuration has no row, nothing is predicted of it.
/// BadInput, all at once: what read_csv() refuses, a workload or candidate that the jobs do not have (with a suggestion), one that stands
/// there twice, a time that is not above zero, a job of which nothing is predicted.
void add_predictions(const std::filesystem::path& file, std::vector<cherrypick::MeasuredJob>& jobs, std::string_view column = "seconds");

}  // namespace forerun
