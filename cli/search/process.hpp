#pragma once

#include <string>

#include "cli/search/events.hpp"

/// Processes of this machine as /proc shows them.
namespace forerun {

/// Who a process is that lives now. `host` is this machine's name. SimulationFailed where /proc does not show it.
ProcessIdentity identify(int pid, const std::string& host);

/// Whether it still runs: neither gone, nor a zombie, nor another one under its number. Precondition: it is of this host.
bool is_alive(const ProcessIdentity& process);

/// Sends a signal to all processes of the session that `leader` began, but not to the leader. What began a session of its own is out of
/// reach. Where the leader is gone, nobody else has its number while one of its session lives; after a restart of the machine nothing is
/// sent. True if there was any.
bool signal_followers(const ProcessIdentity& leader, int signal);

}  // namespace forerun
