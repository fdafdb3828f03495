#pragma once

#include <string>
#include <string_view>

#include "core/units.hpp"

namespace forerun {

/// What kind of thing stands in a strategy's way, in the order in which lower() finds it.
enum class Obstacle {
  none,
  division,  ///< a degree that does not divide, or more ranks than devices
  schedule,  ///< micro-batches that the schedule does not take
  network,   ///< layers that cannot be split so
  stages,    ///< more stages than blocks
  memory,
  other,
};
std::string_view to_string(Obstacle obstacle);

/// Why something that was asked for cannot be: a value, not an error.
struct Infeasible {
  std::string reason;
  Obstacle obstacle = Obstacle::other;
  Bytes memory;  ///< that the device needs which needs most; zero where it was not reached
};

}  // namespace forerun
