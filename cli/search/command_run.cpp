#include "cli/search/command_run.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>

#include "cli/search/process.hpp"
#include "core/error.hpp"
#include "io/descriptor.hpp"
#include "io/format.hpp"
#include "io/target.hpp"

extern char** environ;  // POSIX has no header for it

namespace forerun {
namespace fs = std::filesystem;
namespace {

/// Runs the command and writes its exit status down as a whole. TERM is the command's to obey: the wrapper stays to tell of it. The file
/// is there with room for the status before the command begins: a disk that it fills takes the status all the same.
constexpr const char* kWrapper =
    "trap : TERM INT HUP\nend=$1 out=$2\nshift 2\n\"$@\"\nprintf '%s\\n' \"$?\" 1<>\"$end.part\"\n"
    "command -p sync \"$end.part\" \"$out\" 2>/dev/null\ncommand -p mv \"$end.part\" \"$end\"\n";
constexpr std::string_view kRoomForStatus = "                \n";

constexpr off_t kTail = off_t{64} << 20;

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

/// This process's environment with these variables in the place of those of their names.
std::vector<std::string> environment_with(const std::vector<std::string>& variables) {
  std::vector<std::string> all;
  for (char** inherited = environ; *inherited != nullptr; ++inherited) {
    const std::string_view variable = *inherited;
    const std::string_view name = variable.substr(0, variable.find('=') + 1);
    if (std::ranges::none_of(variables, [&](const std::string& own) { return own.starts_with(name); })) all.emplace_back(variable);
  }
  all.insert(all.end(), variables.begin(), variables.end());
  return all;
}

Descriptor open_output(const fs::path& file) {
  Descriptor descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666));
  if (!descriptor.is_open()) cannot_write(file, errno);
  return descriptor;
}

/// All that the child needs, made before there is one: after a fork it may not ask for memory.
struct Launch {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::string begun;
  std::string end;
  int go = -1;
  int out = -1;
  int err = -1;
};

/// The command cannot begin: as shells say it.
[[noreturn]] void give_up(const Launch& launch) {
  const int end = ::open(launch.end.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  [[maybe_unused]] const ssize_t written = end < 0 ? 0 : ::write(end, "126\n", 4);
  ::_exit(0);
}

[[noreturn]] void become_wrapper(const Launch& launch) {
  ::setsid();
  char word = 0;
  if (::read(launch.go, &word, 1) != 1) ::_exit(0);  // nobody wrote down that this begins
  const int begun = ::open(launch.begun.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (begun < 0 || ::fsync(begun) != 0) give_up(launch);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(launch.out, STDOUT_FILENO);
  ::dup2(launch.err, STDERR_FILENO);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) {
    ::signal(signal, SIG_IGN);  // drops one that came while they were held back
    ::signal(signal, SIG_DFL);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve("/bin/sh", launch.arguments.data(), launch.environment.data());
  give_up(launch);
}

std::optional<struct stat> status_of_file(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  throw BadInput(Problem{.file = file.string(), .what = "cannot be looked at: " + error_text(errno)});
}

double written_s(const struct stat& status) {
  return static_cast<double>(status.st_mtim.tv_sec) + 1e-9 * static_cast<double>(status.st_mtim.tv_nsec);
}

double now_s() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

/// The exit status that was written down; nothing where the file is missing or holds none whole.
std::optional<int> exit_status(const fs::path& file) {
  std::ifstream in(file);
  int status = 0;
  return in >> status && in.get() == '\n' && status >= 0 && status <= 255 ? std::optional(status) : std::nullopt;
}

/// The last lines of a file, whole ones.
std::string tail_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  const std::streamoff size = in.tellg();
  if (!in || size <= 0) return "";
  const std::streamoff length = std::min<std::streamoff>(size, kTail);
  std::string text(static_cast<std::size_t>(length), '\0');
  in.seekg(size - length);
  in.read(text.data(), length);
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (length < size) text.erase(0, text.find('\n') == std::string::npos ? 0 : text.find('\n') + 1);
  return text;
}

}  // namespace

RunFiles::RunFiles(const fs::path& folder, int run) {
  const std::string name = format("{:03}", run);
  out = folder / (name + ".out"), err = folder / (name + ".err"), begun = folder / (name + ".begun"), end = folder / (name + ".end");
  timed_out = folder / (name + ".timed-out");
}

std::string RunFiles::mark() const { return "FORERUN_RUN_FILES=" + fs::absolute(end).string(); }

void begin_command(const RunFiles& files, const std::vector<std::string>& words, const std::vector<std::string>& variables,
                   const std::string& host, const std::function<void(const ProcessIdentity&)>& record) {
  std::error_code none;
  for (const fs::path& file : {files.begun, files.end, files.timed_out}) fs::remove(file, none);
  const Descriptor out = open_output(files.out), err = open_output(files.err);
  {
    const fs::path part = files.end.string() + ".part";
    write_all(open_output(part), kRoomForStatus, part);
  }
  sync_folder(files.out);
  std::array<int, 2> ends{};
  // Sockets, since writing to a pipe whose other end is gone would end this process.
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw SimulationFailed("no connection to a command can be had: " + error_text(errno));
  Descriptor reading(ends[0]), writing(ends[1]);
  std::vector<std::string> arguments{"sh", "-c", kWrapper, "sh", fs::absolute(files.end).string(), fs::absolute(files.out).string()};
  arguments.insert(arguments.end(), words.begin(), words.end());
  std::vector<std::string> own = variables;
  own.push_back(files.mark());
  std::vector<std::string> environment = environment_with(own);
  const Launch launch{.arguments = pointers(arguments),
                      .environment = pointers(environment),
                      .begun = fs::absolute(files.begun).string(),
                      .end = fs::absolute(files.end).string(),
                      .go = reading.number(),
                      .out = out.number(),
                      .err = err.number()};
  const pid_t child = ::fork();
  if (child < 0) throw SimulationFailed("no process for a command can be had: " + error_text(errno));
  if (child == 0) {
    ::close(writing.number());  // so that the end of this process is seen
    become_wrapper(launch);
  }
  try {
    record(identify(child, host));
  } catch (...) {
    { const Descriptor closed = std::move(writing); }
    ::waitpid(child, nullptr, 0);
    throw;
  }
  [[maybe_unused]] const ssize_t sent =
      ::send(writing.number(), "1", 1, MSG_NOSIGNAL);  // where it fails, the child is gone, as is seen later
}

RunState look_at(const RunFiles& files, const ProcessIdentity& process) {
  // In this order: what ends between the looks has written its end before.
  const bool alive = is_alive(process);
  const auto begun = status_of_file(files.begun);
  const auto end = status_of_file(files.end);
  if (end)
    if (const auto status = exit_status(files.end))
      return {RunState::Kind::ended, *status, Seconds(begun ? std::max(0.0, written_s(*end) - written_s(*begun)) : 0)};
  if (alive) return {RunState::Kind::running, 0, Seconds(begun ? std::max(0.0, now_s() - written_s(*begun)) : 0)};
  if (!begun && !status_of_file(files.out))  // made before the run was recorded
    throw BadInput(Problem{.file = files.out.string(),
                           .what = "is gone, without which nobody knows what came of its run; bring it back, or "
                                   "tell what came of it"});
  if (!begun) return {RunState::Kind::never_began};
  double last_s = written_s(*begun);
  for (const fs::path& file : {files.out, files.err})
    if (const auto status = status_of_file(file)) last_s = std::max(last_s, written_s(*status));
  return {RunState::Kind::vanished, 0, Seconds(last_s - written_s(*begun))};
}

void note_alive(const RunFiles& files) {
  ::utimensat(AT_FDCWD, files.err.c_str(), nullptr, 0);  // where it fails, less is known of a run that vanishes
}

CommandEnd read_end(const RunFiles& files, const RunState& state) {
  CommandEnd end{.status = state.status, .wall = state.wall, .output = tail_of(files.out)};
  std::string words = tail_of(files.err);
  words.erase(words.find_last_not_of(" \t\r\n") + 1);
  end.last_word = words.substr(words.find_last_of('\n') + 1);
  return end;
}

}  // namespace forerun
