#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "io/format.hpp"

namespace forerun {
namespace {

constexpr std::chrono::milliseconds kTerminalPause(100);
constexpr std::chrono::seconds kPipePause(10);

}  // namespace

ProgressLine::ProgressLine(WhenPiped when_piped) : when_piped_(when_piped), terminal_(isatty(STDERR_FILENO) == 1) {
  // What is over soon is not reported.
  if (!terminal_) last_ = std::chrono::steady_clock::now();
}

ProgressLine::~ProgressLine() {
  if (terminal_ && width_ > 0) std::fprintf(stderr, "\r%*s\r", static_cast<int>(width_), "");
}

ProgressCallback ProgressLine::callback() {
  if (!terminal_ && when_piped_ == WhenPiped::silent) return {};
  return [this](const Progress& progress) { show(progress); };
}

void ProgressLine::show(const Progress& progress) {
  const auto now = std::chrono::steady_clock::now();
  if (terminal_ ? now - last_ < kTerminalPause : now - last_ < kPipePause) return;
  last_ = now;
  const double share = progress.total > 0 ? progress.done / progress.total : 0;
  std::string line = forerun::format("{:3.0f} %  {}", 100 * share, progress.what);
  if (!terminal_) {
    std::fprintf(stderr, "%s\n", line.c_str());
    return;
  }
  const std::size_t used = line.size();
  line.resize(std::max(used, width_), ' ');
  width_ = used;
  std::fprintf(stderr, "\r%s", line.c_str());
}

}  // namespace forerun
