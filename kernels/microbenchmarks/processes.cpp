#include "kernels/microbenchmarks/processes.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>
#include <vector>

#include "kernels/trainer/core_pin.hpp"

namespace forerun {

namespace {

[[noreturn]] void be_child(pid_t parent, int place, const std::function<void(int)>& work) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int status = 1;
  if (getppid() == parent) {  // it may have ended before it was to be told of
    try {
      const std::vector<int> cores = usable_cores();
      std::optional<CorePin> pin;
      if (!cores.empty()) pin.emplace(cores[static_cast<std::size_t>(place) % cores.size()]);
      work(place);
      status = 0;
    } catch (const std::exception&) {  // the parent sees the status
    }
  }
  _exit(status);
}

void kill_all(const std::vector<pid_t>& processes) {
  for (const pid_t process : processes) kill(process, SIGKILL);
}

/// Waits for all; when one breaks off, the others would wait for it for ever. True if all ended well.
bool all_end_well(std::vector<pid_t> processes) {
  bool well = true;
  while (!processes.empty()) {
    int status = 0;
    const pid_t ended = waitpid(processes.back(), &status, well ? WNOHANG : 0);
    if (ended < 0 && errno == EINTR) continue;
    if (ended == 0) {
      usleep(500);
      std::ranges::rotate(processes, processes.end() - 1);
      continue;
    }
    processes.pop_back();
    if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    well = false;
    kill_all(processes);
  }
  return well;
}

}  // namespace

void run_together(int count, const std::function<void(int)>& work) {
  const pid_t parent = getpid();
  std::vector<pid_t> processes;
  bool complete = true;
  for (int place = 0; place < count && complete; ++place) {
    const pid_t process = fork();
    if (process == 0) be_child(parent, place, work);
    complete = process > 0;
    if (complete) processes.push_back(process);
  }
  if (!complete) kill_all(processes);
  if (!all_end_well(processes) || !complete) throw std::runtime_error("a process that measures beside others broke off");
}

}  // namespace forerun
