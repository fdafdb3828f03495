#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/search_space.hpp"

namespace forerun {

/// A command that runs a configuration: `{candidate}` and `{KEY}` in its words stand for the name and the settings of one. Braces around
/// anything that is no name, and those behind a dollar sign, are left as they are.
class CommandTemplate {
 public:
  /// BadInput: a placeholder that a candidate which may run has no setting for.
  CommandTemplate(std::vector<std::string> words, const SearchSpace& space);

  /// The words for a configuration. Precondition: one of the space.
  [[nodiscard]] std::vector<std::string> words_for(const SpaceEntry& entry) const;

 private:
  std::vector<std::string> words_;
};

/// What a command finds in its environment: FORERUN_RUN, FORERUN_CANDIDATE and FORERUN_KEY for each setting, in capitals, with `_` for what
/// is neither letter nor digit. `NAME=VALUE` each.
std::vector<std::string> variables_for(const SpaceEntry& entry, int run);

}  // namespace forerun
