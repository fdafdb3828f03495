#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "io/descriptor.hpp"

namespace forerun {

/// A program run in a process group of its own, which ends with this object and with this process at the latest.
class ChildProcess {
 public:
  /// Throws std::system_error where no process or pipe can be had. A program that is not found exits with 127.
  explicit ChildProcess(const std::vector<std::string>& command);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  /// Hands over each line of standard output and keeps the end of standard error until both close; returns the exit status
  /// as a shell shows it (128 + signal where one ended it).
  int wait(const std::function<void(std::string_view)>& on_line);

  /// The last lines of standard error.
  [[nodiscard]] std::string last_words() const;

 private:
  void end_group();

  pid_t process_ = -1;
  Descriptor output_{-1};
  Descriptor errors_{-1};
  std::string tail_;
};

}  // namespace forerun
