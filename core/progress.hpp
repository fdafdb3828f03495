#pragma once

#include <functional>
#include <string>

namespace forerun {

/// How far long work has come: `done` never falls and ends at `total`, unless `what` changes.
struct Progress {
  double done = 0;
  double total = 1;
  std::string what;
};

/// Called now and then on the thread that works; may be empty.
using ProgressCallback = std::function<void(const Progress&)>;

}  // namespace forerun
