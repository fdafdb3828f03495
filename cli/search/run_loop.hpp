#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/environment.hpp"
#include "cli/scenario_space.hpp"
#include "cli/search/command_result.hpp"
#include "cli/search/command_template.hpp"
#include "cli/search/search_journal.hpp"

namespace forerun {

/// How a search is run to its end.
struct RunPolicy {
  std::optional<Seconds> timeout{};  ///< of each command
  TimeSource time = TimeSource::printed;
  int parallel = 1;
  int confirm = 0;  ///< so many of the best once more at the end
};

/// Runs commands until the search is over, those that an earlier process began included. Says each run's end on standard error.
/// The signal by which somebody wants this process to end, after which commands under way go on; else nothing.
/// BadInput: a run under way on another machine. SimulationFailed: three accidents in a row, since then it is hardly the configurations.
std::optional<int> run_commands(SearchJournal& journal, const CommandTemplate& command, const RunPolicy& policy, const std::string& host);

/// Looks a candidate's result up, or calculates it.
using Evaluator = std::function<Evaluated(int candidate)>;

/// Evaluates candidates until the search is over. BadInput where a command is under way, and what the evaluator throws.
void run_evaluated(SearchJournal& journal, const Evaluator& evaluator, const RunPolicy& policy);

}  // namespace forerun
