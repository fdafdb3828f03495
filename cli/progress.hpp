#pragma once

#include <chrono>
#include <cstddef>

#include "core/progress.hpp"

namespace forerun {

/// Where standard error is no terminal: nothing, or a plain line every ten seconds, the first after as many.
enum class WhenPiped { silent, now_and_then };

/// Progress of long work on standard error: one line that is written over on a terminal.
class ProgressLine {
 public:
  explicit ProgressLine(WhenPiped when_piped);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  /// Clears the line.
  ~ProgressLine();

  /// To hand over; this object must outlive it.
  ProgressCallback callback();

 private:
  void show(const Progress& progress);

  WhenPiped when_piped_;
  bool terminal_;
  std::size_t width_ = 0;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace forerun
