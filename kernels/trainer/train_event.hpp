#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/units.hpp"

namespace forerun {

/// What happens to a training from outside, or between its steps. Dates are those of its ranks' clocks.
struct TrainEvent {
  enum class Kind {
    ready,       ///< about to do its first step; `took` of that was for reading a checkpoint. Rank 0 says so, as of the next three
    checkpoint,  ///< steps go on behind a checkpoint of `step`; they stood still for `took`
    written,     ///< that checkpoint is on the disk; the part that took longest took so long
    finished,    ///< the last step is done, and so is what was written beside it, for which it stood still for `took`
    failed,      ///< the rank could not write its part of that checkpoint: `text`
    killed       ///< the rank ends itself before it does `step`, as it was told
  };
  Kind kind = Kind::ready;
  std::int64_t step = 0;
  int rank = 0;
  Seconds at;
  Seconds took;
  std::string text;

  friend bool operator==(const TrainEvent&, const TrainEvent&) = default;
};
using TrainEventCallback = std::function<void(const TrainEvent&)>;

/// One line, `event KIND STEP RANK AT TOOK TEXT`, and what such a line says; false for any other.
std::string event_line(const TrainEvent& event);
bool read_event_line(const std::string& line, TrainEvent& event);

}  // namespace forerun
