#pragma once

namespace forerun {

/// What the command tells the shell.
enum class ExitCode {
  success = 0,
  no = 1,         ///< answered, but no: infeasible, validation outside its tolerance
  usage = 2,      ///< the command line itself
  bad_input = 3,  ///< malformed, zero, negative or unknown
  failed = 4,     ///< a simulation or a training broke off
  budget = 5,     ///< a search's budget of money or runs is spent; what it found is there
  missing = 6,    ///< a capability that this build or machine lacks
  bug = 70,       ///< ours
};

}  // namespace forerun
