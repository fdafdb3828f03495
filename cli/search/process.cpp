#include "cli/search/process.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

#include "core/error.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

/// What /proc/PID/stat says.
struct ProcessStatus {
  char state = '?';
  int session = 0;
  std::uint64_t started = 0;
};

std::optional<ProcessStatus> status_of(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string text;
  std::getline(file, text, '\0');
  // The name, in parentheses, may hold anything.
  const std::size_t behind_name = text.rfind(')');
  if (behind_name == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(behind_name + 1));
  ProcessStatus status;
  std::string skipped;
  fields >> status.state >> skipped >> skipped >> status.session;
  for (int field = 7; field < 22; ++field) fields >> skipped;  // as proc(5) counts
  fields >> status.started;
  return fields ? std::optional(status) : std::nullopt;
}

std::string this_boot() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string boot;
  std::getline(file, boot);
  return boot;
}

bool is_number(const std::string& name) { return name.find_first_not_of("0123456789") == std::string::npos; }

}  // namespace

ProcessIdentity identify(int pid, const std::string& host) {
  const auto status = status_of(std::to_string(pid));
  if (!status) throw SimulationFailed("a process that was just begun is not shown by /proc");
  return {pid, status->started, this_boot(), host};
}

bool is_alive(const ProcessIdentity& process) {
  const auto status = status_of(std::to_string(process.pid));
  return status && status->started == process.started && status->state != 'Z' && status->state != 'X' && this_boot() == process.boot;
}

bool signal_followers(const ProcessIdentity& leader, int signal) {
  if (this_boot() != leader.boot) return false;
  const auto own = status_of(std::to_string(leader.pid));
  if (own && own->started != leader.started) return false;  // its number is another's, which is no follower's session then
  bool any = false;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", none)) {
    const std::string name = entry.path().filename().string();
    if (!is_number(name) || name == std::to_string(leader.pid)) continue;
    const auto status = status_of(name);
    if (!status || status->session != leader.pid || status->state == 'Z') continue;
    any = true;
    ::kill(std::stoi(name), signal);
  }
  return any;
}

}  // namespace forerun
