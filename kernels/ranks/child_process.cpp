#include "kernels/ranks/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>
#include <thread>

namespace forerun {

namespace {

constexpr std::size_t kTailLimit = 4000;
constexpr auto kGrace = std::chrono::seconds(3);

struct Pipe {
  Descriptor reading;
  Descriptor writing;
};

Pipe open_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// Waits for the end of a process, however often a signal interrupts it, and returns its status.
int reap(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// In the child: only calls that are safe after a fork.
[[noreturn]] void become(const std::vector<char*>& arguments, int output, int errors, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(127);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  execvp(arguments.front(), arguments.data());
  _exit(127);
}

/// Appends what can be read; false at the end.
bool drain(int descriptor, std::string& text) {
  std::array<char, 4096> block{};
  const ssize_t got = read(descriptor, block.data(), block.size());
  if (got > 0) text.append(block.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && errno == EINTR);
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));  // execvp does not write them
  arguments.push_back(nullptr);
  Pipe output = open_pipe();
  Pipe errors = open_pipe();
  const pid_t parent = getpid();
  process_ = fork();
  if (process_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (process_ == 0) become(arguments, output.writing.number(), errors.writing.number(), parent);
  setpgid(process_, process_);  // whoever comes first
  output_ = std::move(output.reading);
  errors_ = std::move(errors.reading);
}

ChildProcess::~ChildProcess() {
  if (process_ > 0) end_group();
}

/// mpirun ends its ranks when it is asked to; it is given some time for it.
void ChildProcess::end_group() {
  killpg(process_, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + kGrace;
  while (std::chrono::steady_clock::now() < deadline) {
    if (waitpid(process_, nullptr, WNOHANG) == process_) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  killpg(process_, SIGKILL);
  reap(process_);
}

int ChildProcess::wait(const std::function<void(std::string_view)>& on_line) {
  std::string output;
  std::array<pollfd, 2> sources{{{output_.number(), POLLIN, 0}, {errors_.number(), POLLIN, 0}}};
  while (sources[0].fd >= 0 || sources[1].fd >= 0) {
    if (poll(sources.data(), sources.size(), -1) < 0) {
      if (errno == EINTR) continue;  // what is there to read was not said
      break;
    }
    if (sources[0].revents != 0 && !drain(output_.number(), output)) sources[0].fd = -1;
    if (sources[1].revents != 0 && !drain(errors_.number(), tail_)) sources[1].fd = -1;
    if (tail_.size() > 2 * kTailLimit) tail_.erase(0, tail_.size() - kTailLimit);
    for (std::size_t end = output.find('\n'); end != std::string::npos; end = output.find('\n')) {
      const std::string line = output.substr(0, end);
      output.erase(0, end + 1);
      on_line(line);
    }
  }
  const int status = reap(process_);
  process_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string ChildProcess::last_words() const {
  constexpr int kLines = 12;
  std::size_t begin = tail_.size();
  for (int lines = 0; begin > 0; --begin)
    if (tail_[begin - 1] == '\n' && begin != tail_.size() && ++lines == kLines) break;
  return tail_.substr(begin);
}

}  // namespace forerun
