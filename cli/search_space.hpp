#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cherrypick/candidate.hpp"
#include "core/units.hpp"

namespace forerun {

/// A configuration that a search may run: what the surrogate sees of it, and what a run has to be told.
struct SpaceEntry {
  cherrypick::Candidate candidate;
  std::optional<Seconds> predicted{};                         ///< of the whole job, by an engine; nothing where it was not asked
  std::vector<std::pair<std::string, std::string>> settings;  ///< key and value as the table or the change has them
};

/// Everything that a search chooses from, once and for all. Entries that cannot be are in it with their reason (Candidate::excluded).
struct SearchSpace {
  std::string job;                       ///< in words, for pages
  std::vector<std::string> features;     ///< names of Candidate::features
  std::vector<SpaceEntry> entries;       ///< names are unique
  std::vector<std::string> assumptions;  ///< what prices and predictions rest on
};

}  // namespace forerun
