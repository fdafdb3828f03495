#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/prediction.hpp"

namespace forerun {

/// Of one checkpoint of a run.
struct CheckpointTimes {
  Seconds stall;  ///< what the run takes longer for it, the mean of all
  Seconds write;  ///< the writing alone
  Bytes bytes;    ///< of all ranks
};

/// What an engine has found out about the steps of a run; without a length of the run, about one of its steps.
struct RunTimes {
  Seconds step;                                  ///< the mean of the run
  Parts parts;                                   ///< they add up to it
  std::optional<Seconds> first_epoch_step = {};  ///< where those of later epochs take another time
  std::optional<CheckpointTimes> checkpoint = {};
  std::vector<std::string> assumptions = {};
};

}  // namespace forerun
