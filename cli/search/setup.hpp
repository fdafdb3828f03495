#pragma once

#include <string>
#include <vector>

#include "cherrypick/search.hpp"
#include "cli/search/journal_line.hpp"
#include "cli/search_space.hpp"

namespace forerun {

/// A job that ran before on candidates of the space.
struct NamedPastJob {
  std::string name;
  cherrypick::PastJob results;  ///< by entry of the space
};

/// All that a search was begun with: the first line of its journal, which leans on no other file.
struct SearchSetup {
  SearchSpace space;
  cherrypick::Goal goal;
  cherrypick::StoppingRule stopping;
  std::uint64_t seed = 1;
  std::vector<NamedPastJob> history;
  std::string date;  ///< ISO 8601
};

Json to_json(const SearchSetup& setup);
/// Key by key, as a run is told them.
Json settings_json(const SpaceEntry& entry);

/// BadInput where the line is none, or of a schema that is not known.
SearchSetup read_setup(const JournalLine& line);

cherrypick::Catalogue catalogue_of(const SearchSpace& space);
cherrypick::SearchOptions options_of(const SearchSetup& setup);

}  // namespace forerun
