#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>

#include "core/progress.hpp"

namespace forerun::sim {

/// Writes one answer of a child to its parent.
using Answer = std::function<void(std::string_view)>;

/// A forked process that computes answers and sends them through a pipe, one after another. SimGrid's engine is one per process,
/// so every simulation lives in one. It dies with its parent, holds no descriptor but its pipe and standard error, and leaves
/// without running the parent's exit handlers. Ended when it goes out of scope.
class Child {
 public:
  /// Forks; `work` runs in the child. An exception that leaves it ends the child as a failure that carries its text.
  /// Throws SimulationFailed where the system grants no process or pipe.
  explicit Child(const std::function<void(const Answer&)>& work);
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;

  /// Where its bytes come from, for poll().
  [[nodiscard]] int descriptor() const { return descriptor_; }

  /// Takes in what has arrived, waiting for something to arrive. False once the child has closed its end.
  bool receive();
  /// The next whole answer among what was received.
  bool next(std::string& answer);

  /// Waits for the end. Empty where the child ended well, else why it did not.
  std::string wait();

 private:
  bool next_frame(char& kind, std::string& text);

  pid_t pid_ = -1;
  int descriptor_ = -1;
  std::string received_;
  std::size_t taken_ = 0;
  std::string failure_;
};

/// The answer of a child that gives one. Throws SimulationFailed where it fails or dies.
std::string ask_child(const std::function<std::string()>& work);
/// The same of work that reports how far it is, which the parent passes on.
std::string ask_child(const std::function<std::string(const ProgressCallback&)>& work, const ProgressCallback& progress);

}  // namespace forerun::sim
