#pragma once

#include <functional>
#include <string>

#include "kernels/ranks/launch.hpp"
#include "kernels/trainer/run_record.hpp"

namespace forerun {

/// A training that was run to its end, however often its ranks had to be started again.
struct RecoveredRun {
  TrainResult result;  ///< of the last attempt: times of its steps alone
  RunRecord record;
};

/// As train_on_ranks(), and where ranks end before the training does, all of them are started again from the newest checkpoint that
/// `newest` finds, or from the beginning. A kill of the job happens once. Without a checkpoint folder only failures that the job asks for
/// are recovered from. Gives up, with RanksFailed, after kMostFruitless failures in a row that nobody asked for and between which no
/// checkpoint was written. `say` gets what happened, a line each.
inline constexpr int kMostFruitless = 3;
RecoveredRun train_with_recovery(TrainJob job, int ranks, const RanksPaths& paths, const ProgressCallback& progress,
                                 const TrainEventCallback& on_event, const std::function<std::int64_t()>& newest,
                                 const std::function<void(const std::string&)>& say);

}  // namespace forerun
