#pragma once

#include <filesystem>
#include <vector>

#include "cherrypick/replay.hpp"
#include "cli/search/setup.hpp"

namespace forerun {

/// The jobs of a table of runs that ran on candidates of the space, without the space's own job and others of its group.
/// BadInput: what read_search_table() refuses, no job but the space's own, none that ran on a candidate of the space.
std::vector<NamedPastJob> read_past_jobs(const std::filesystem::path& file, const SearchSpace& space);

/// The runs of the space's job in a table of runs: of the job of its name or, where there is only one, of that. By entry of the space.
/// BadInput: what read_search_table() refuses, several jobs of other names, a candidate that may run and is not in it.
std::vector<std::optional<cherrypick::Result>> read_measured_runs(const std::filesystem::path& file, const SearchSpace& space);

}  // namespace forerun
