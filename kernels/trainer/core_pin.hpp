#pragma once

#include <sched.h>

#include <vector>

namespace forerun {

/// The cores that this thread may use.
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
  cpu_set_t before_{};
  bool pinned_ = false;
};

}  // namespace forerun
