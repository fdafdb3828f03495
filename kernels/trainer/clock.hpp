#pragma once

#include <chrono>
#include <functional>

#include "core/units.hpp"

namespace forerun {

/// Where the trainer reads the time: any clock that never runs backwards.
using Clock = std::function<Seconds()>;

/// The machine's monotonic clock. Ranks of one node share it.
inline Seconds steady_now() { return Seconds(std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count()); }

}  // namespace forerun
