#pragma once

#include <string>
#include <string_view>

#include "cli/search/events.hpp"

namespace forerun {

/// Where the time of a run that went well comes from.
enum class TimeSource {
  printed,  ///< by the command: `seconds=812.5`
  wall      ///< from its beginning to its end
};

/// How a command ended.
struct CommandEnd {
  int status = 0;         ///< as a shell has it: 128 + signal where one ended it
  Seconds wall;           ///< from its beginning to its end
  std::string output;     ///< the end of its standard output
  std::string last_word;  ///< the last line of its standard error
};

/// What came of the command (docs/search.md has the contract): never an error of ours, whatever it printed. Status, time, cost and reason.
///
/// The last line of the output that is a JSON object, or made of words KEY=VALUE alone, with `seconds` or `status` among its keys is the
/// result; `usd` and `reason` (the rest of the line) may stand beside. Without a status, exit status 0 is ok, 124 a timeout, 137 out of
/// memory, 143 preempted, 126 and 127 an error, any other a failure. A run that should be ok and has no valid time is an error.
Told told_of(const CommandEnd& end, TimeSource source);

}  // namespace forerun
