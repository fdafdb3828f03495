#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/search/session.hpp"

namespace forerun {

/// A run with what stood after it.
struct RunFigures {
  const SearchRun* run = nullptr;  ///< one that is told
  Dollars cost;
  Dollars spent;            ///< of all runs so far
  bool within = false;      ///< it went well, and within the limits
  std::optional<int> best;  ///< the candidate of the best run so far within the limits; by cost where both cost and time count
};

/// The runs that are told, by number. They lie in the session.
std::vector<RunFigures> figures_of(const SearchSession& session);

/// What is under way, and what was asked for.
Page ask_page(const SearchSession& session);

/// All runs so far, what they say, and why the search is over or what comes next.
Page report_page(SearchSession& session);

/// What a run that is told gave, in one line: time, cost, best so far, spent.
std::string run_line(const SearchSession& session, int number);

/// Why the search is over, in words; empty while it goes on.
std::string why_over(SearchSession& session);

/// success, no where no run was within the limits, budget where money or runs ended it.
ExitCode code_of(SearchSession& session);

/// Time against cost with the runs by number, SVG; empty where none went well.
std::string report_plot(const SearchSession& session);

/// `0.0712 USD`, `12.34 USD`; without its unit
std::string human(Dollars amount);
std::string amount(Dollars amount);

}  // namespace forerun
