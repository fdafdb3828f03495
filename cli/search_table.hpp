#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "cherrypick/replay.hpp"

namespace forerun {

/// Reads a table of runs that were made of jobs on configurations, one row a run (docs/search.md has the columns). Jobs in the order of the
/// file. BadInput, all at once: what read_csv() refuses; an unknown status (with a suggestion), a number that is none or out of range, a
/// run that went well without a time, neither usd_per_h nor usd, two rows of one candidate of a workload, a workload of one candidate or
/// without a run that went well, a feature column that is empty in a row.
std::vector<cherrypick::MeasuredJob> read_search_table(const std::filesystem::path& file);

/// The same from a text; `name` stands for the file.
std::vector<cherrypick::MeasuredJob> read_search_table_text(std::string_view text, std::string_view name);

}  // namespace forerun
