#pragma once

#include <filesystem>
#include <string_view>

#include "cli/search_space.hpp"

namespace forerun {

/// Reads a table of configurations, one row each (docs/search.md has the columns); `job` is what the space is called. A table of runs is
/// one, too: a candidate may stand in several rows that say the same of it. BadInput, all at once: what read_csv() refuses, a price that is
/// missing, a number that is none or out of range, a feature that is empty in a row, a candidate of which two rows say different things,
/// less than two candidates that may run.
SearchSpace read_space_table(const std::filesystem::path& file, const std::string& job);

/// The same from a text; `name` stands for the file.
SearchSpace read_space_table_text(std::string_view text, std::string_view name, const std::string& job);

}  // namespace forerun
