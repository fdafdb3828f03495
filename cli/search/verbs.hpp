#pragma once

#include "cli/verbs.hpp"

namespace forerun {

/// Each adds its verb to `forerun search`.
void add_search_init(CLI::App& search, const Environment& environment, Action& chosen);
void add_search_ask(CLI::App& search, const Environment& environment, Action& chosen);
void add_search_tell(CLI::App& search, const Environment& environment, Action& chosen);
void add_search_run(CLI::App& search, const Environment& environment, Action& chosen);
void add_search_report(CLI::App& search, const Environment& environment, Action& chosen);

}  // namespace forerun
