#include "cli/search/process.hpp"

#include <fcntl.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

#include "core/error.hpp"
#include "io/descriptor.hpp"
#include "io/file.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostOfProc = std::size_t{4} << 20;

/// What /proc/PID/stat says.
struct ProcessStatus {
  char state = '?';
  int session = 0;
  std::uint64_t started = 0;
};

/// All of a file of /proc; nothing where the process is gone.
std::optional<std::string> read_of(const std::string& pid, const char* name) {
  const std::string path = "/proc/" + pid + "/" + name;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  int error = file.is_open() ? 0 : errno;
  std::string text = error == 0 ? read_up_to(file, kMostOfProc, error) : "";
  if (error == ENOENT || error == ESRCH) return std::nullopt;
  if (error == EACCES || error == EPERM) return "";  // another user's
  if (error != 0) throw SimulationFailed(path + " cannot be read: " + error_text(error));
  return text;
}

std::optional<ProcessStatus> status_of(const std::string& pid) {
  const std::optional<std::string> read = read_of(pid, "stat");
  if (!read) return std::nullopt;
  const std::string& text = *read;
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

bool is_of_here(const ProcessIdentity& process, const std::string& host) { return process.boot == this_boot() || process.host == host; }

bool signal_followers(const ProcessIdentity& leader, int signal, const std::string& mark) {
  if (this_boot() != leader.boot) return false;
  const auto own = status_of(std::to_string(leader.pid));
  if (own && own->started != leader.started) return false;  // its number is another's, which is no follower's session then
  const auto is_marked = [&](const std::string& pid) {
    return (std::string(1, '\0') + read_of(pid, "environ").value_or("")).find('\0' + mark + '\0') != std::string::npos;
  };
  bool any = false;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", none)) {
    const std::string name = entry.path().filename().string();
    if (!is_number(name) || name == std::to_string(leader.pid)) continue;
    const auto status = status_of(name);
    if (!status || status->session != leader.pid || status->state == 'Z' || (!own && !is_marked(name))) continue;
    any = true;
    ::kill(std::stoi(name), signal);
  }
  return any;
}

}  // namespace forerun
