#pragma once

#include <cstdint>
#include <filesystem>
#include <future>
#include <vector>

#include "core/run.hpp"
#include "kernels/trainer/checkpoint.hpp"
#include "kernels/trainer/clock.hpp"
#include "kernels/trainer/rank_group.hpp"
#include "kernels/trainer/train_event.hpp"

namespace forerun {

/// Where a training's checkpoints are, and when they are written.
struct CheckpointOptions {
  std::filesystem::path folder;  ///< empty: none are written
  Checkpoints when;
  std::int64_t after = 0;  ///< steps to go on after, of which the folder has a checkpoint; 0: it begins

  friend bool operator==(const CheckpointOptions&, const CheckpointOptions&) = default;
};

/// Writes a rank's part of the checkpoints of a training, and reads it. All ranks make the same calls. A checkpoint that any of them cannot
/// write counts for none: the one before stays, and the training goes on. The last two are kept.
class Checkpointer {
 public:
  /// `writer`: writer_of() the rank. `arrays` are what it has, which must outlive this.
  Checkpointer(CheckpointOptions options, TrainingIdentity training, int writer, std::vector<StateArray> arrays, RankGroup& group,
               const Clock& clock, TrainEventCallback on_event);

  /// Fills the arrays from the checkpoint that the training goes on after. BadInput as read_checkpoint().
  void restore();
  /// Whether a checkpoint follows the step.
  [[nodiscard]] bool is_due(std::int64_t step) const;
  /// Writes the checkpoint of a step. Returns for how long the rank stood still.
  Seconds write(std::int64_t step);
  /// Returns once what is still being written is written: for how long the rank stood still.
  Seconds finish();

 private:
  struct Writing {
    std::int64_t step = 0;
    std::future<Seconds> time;
  };

  [[nodiscard]] bool writes() const { return writer_ == group_.rank(); }
  Seconds write_file(std::int64_t step, const std::vector<StateArray>& arrays) const;
  void start(std::int64_t step);
  void settle();
  void keep_two(std::int64_t newest);
  void say(TrainEvent::Kind kind, std::int64_t step, Seconds took, const std::string& text = {}) const;

  CheckpointOptions options_;
  TrainingIdentity training_;
  int writer_;
  std::vector<StateArray> arrays_;
  std::vector<std::vector<float>> copies_;  // of the arrays, while they are written beside the steps that follow
  RankGroup& group_;
  const Clock& clock_;
  TrainEventCallback on_event_;
  std::int64_t last_ = 0;  // the newest that is on the disk
  Writing writing_;
};

}  // namespace forerun
