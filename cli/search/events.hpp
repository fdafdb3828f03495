#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/search/journal_line.hpp"
#include "core/units.hpp"

/// What happens in a search, one line of its journal each.
namespace forerun {

/// A process of this or another machine, told from all others that had or will have its number.
struct ProcessIdentity {
  int pid = 0;
  std::uint64_t started = 0;  ///< in ticks of the clock since the machine came up
  std::string boot;           ///< which time that was
  std::string host;

  friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

/// Somebody was told to run these.
struct Asked {
  std::vector<std::string> candidates;
};

/// A command is about to run a candidate. Once more with the same number: the command before never began.
struct Started {
  int run = 0;
  std::string candidate;
  ProcessIdentity process;
};

/// What came of a run.
struct Told {
  int run = 0;
  std::string candidate;
  std::string status;             ///< as cli/search/run_status.hpp has them
  Seconds time;                   ///< that it took or, where it failed, until it did
  std::optional<Dollars> cost{};  ///< that was paid; without it, the candidate's rate times the time
  std::string reason;             ///< of a failure
};

/// The search is over, and these are run once more.
struct Confirming {
  std::string because;  ///< why it is over
  std::vector<std::string> candidates;
};

using SearchEvent = std::variant<Asked, Started, Told, Confirming>;

Json to_json(const SearchEvent& event, const std::string& date);

/// BadInput where the line is none.
SearchEvent read_event(const JournalLine& line);

}  // namespace forerun
