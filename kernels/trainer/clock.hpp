#pragma once

#include <chrono>
#include <ctime>
#include <functional>

#include "core/units.hpp"

namespace forerun {

/// Where the trainer reads the time: any clock that never runs backwards.
using Clock = std::function<Seconds()>;

/// The machine's monotonic clock. Ranks of one node share it.
inline Seconds steady_now() { return Seconds(std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count()); }

/// Processor time of the calling thread. Code that never waits takes as much of it as it would take of a core of its own,
/// however many others use the machine.
inline Seconds thread_processor_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return Seconds(static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec));
}

}  // namespace forerun
