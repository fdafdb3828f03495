#pragma once

#include <cstddef>
#include <vector>

namespace forerun::oracle {

/// The arguments of every maximum that was taken, in order, and where each maximum's arguments end.
/// An argument that does not exist yet (an instance before the first) is minus infinity.
class IterationLog {
 public:
  /// Makes room for so many maxima of about two arguments each.
  void reserve(std::size_t maxima) {
    arguments_.reserve(2 * maxima);
    ends_.reserve(maxima);
  }

  void argument(double value) { arguments_.push_back(value); }
  void close_maximum() { ends_.push_back(arguments_.size()); }

  /// A place between two maxima: the border of an iteration.
  struct Mark {
    std::size_t argument = 0;
    std::size_t maximum = 0;
  };
  [[nodiscard]] Mark mark() const { return {arguments_.size(), ends_.size()}; }

  /// Whether the iteration [b, c) repeats [a, b) and will go on to: with [z, a) the one before, every argument grew by the same
  /// amount twice, and at each maximum the winner, the same twice, grew at least as much as every loser.
  [[nodiscard]] bool repeats(Mark z, Mark a, Mark b, Mark c) const;

 private:
  [[nodiscard]] bool winner_stays(std::size_t begin, std::size_t end, std::size_t back, double tolerance) const;

  std::vector<double> arguments_;
  std::vector<std::size_t> ends_;
};

}  // namespace forerun::oracle
