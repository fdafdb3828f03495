#pragma once

#include <sched.h>

#include <vector>

namespace forerun {

/// Processors as the scheduler's calls take them: one cpu_set_t holds 1,024, and as many stand in a row as the machine needs.
using CpuSet = std::vector<cpu_set_t>;

/// The cores that this thread may use; empty where the system does not say.
std::vector<int> usable_cores();

/// Keeps the calling thread on one core while it lives, and gives its cores back afterwards. Does nothing where that is refused.
/// A timed loop that wanders between cores meets cold caches.
class CorePin {
 public:
  explicit CorePin(int core);
  CorePin(const CorePin&) = delete;
  CorePin& operator=(const CorePin&) = delete;
  ~CorePin();

 private:
  CpuSet before_;
  bool pinned_ = false;
};

}  // namespace forerun
