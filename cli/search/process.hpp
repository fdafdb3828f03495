#pragma once

#include <string>

#include "cli/search/events.hpp"

/// Processes of this machine as /proc shows them.
namespace forerun {

/// Who a process is that lives now. `host` is this machine's name. SimulationFailed where /proc does not show it.
ProcessIdentity identify(int pid, const std::string& host);

/// Whether the process is, or was, of this machine since it was started last; or of one of its name before that.
bool is_of_here(const ProcessIdentity& process, const std::string& host);

/// Whether it still runs: neither gone, nor a zombie, nor another one under its number. Precondition: it is of this machine.
/// SimulationFailed where /proc cannot be read, which says nothing of the process.
bool is_alive(const ProcessIdentity& process);

/// Sends a signal (0: none) to all processes of the session that `leader` began, but not to the leader. What began a session of its own is
/// out of reach. Where the leader is gone its number may lead another session by now: those alone are reached that have `mark`, a variable
/// NAME=VALUE, in the environment that they began with. After a restart of the machine nothing is sent. True if there was any.
bool signal_followers(const ProcessIdentity& leader, int signal, const std::string& mark);

}  // namespace forerun
