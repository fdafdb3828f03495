#include "kernels/trainer/checkpointer.hpp"

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

#include "core/error.hpp"
#include "kernels/trainer/checkpoint_folder.hpp"

namespace forerun {

Checkpointer::Checkpointer(CheckpointOptions options, TrainingIdentity training, int writer, std::vector<StateArray> arrays,
                           RankGroup& group, const Clock& clock, TrainEventCallback on_event)
    : options_(std::move(options)),
      training_(std::move(training)),
      writer_(writer),
      arrays_(std::move(arrays)),
      group_(group),
      clock_(clock),
      on_event_(std::move(on_event)),
      last_(options_.after) {}

void Checkpointer::restore() {
  if (options_.after > 0 && writer_ >= 0)
    read_checkpoint(checkpoint_file(options_.folder, options_.after, writer_), {options_.after, writer_, training_}, arrays_);
}

void Checkpointer::say(TrainEvent::Kind kind, std::int64_t step, Seconds took, const std::string& text) const {
  const bool speaks = kind == TrainEvent::Kind::failed || group_.rank() == 0;
  if (on_event_ && speaks) on_event_({kind, step, group_.rank(), clock_(), took, text});
}

bool Checkpointer::is_due(std::int64_t step) const {
  return !options_.folder.empty() && options_.when.interval && step % *options_.when.interval == 0;
}

Seconds Checkpointer::write(std::int64_t step) {
  group_.barrier();
  const Seconds begun = clock_();
  settle();
  start(step);
  if (options_.when.mode == CheckpointMode::synchronous) settle();
  group_.barrier();  // who has nothing to copy stands still as long: else the next step would hold it up
  const Seconds took = clock_() - begun;
  say(TrainEvent::Kind::checkpoint, step, took);
  return took;
}

Seconds Checkpointer::finish() {
  if (writing_.step == 0) return Seconds(0);
  group_.barrier();
  const Seconds begun = clock_();
  settle();
  return clock_() - begun;
}

Seconds Checkpointer::write_file(std::int64_t step, const std::vector<StateArray>& arrays) const {
  const Seconds begun = clock_();
  write_checkpoint(checkpoint_file(options_.folder, step, writer_), {step, writer_, training_}, arrays);
  return clock_() - begun;
}

/// At once, or on a thread of its own from copies of the arrays.
void Checkpointer::start(std::int64_t step) {
  writing_.step = step;
  if (!writes()) return;
  if (options_.when.mode == CheckpointMode::synchronous) {
    writing_.time = std::async(std::launch::deferred, [this, step] { return write_file(step, arrays_); });
    return;
  }
  copies_.resize(arrays_.size());
  std::vector<StateArray> copied;
  for (std::size_t i = 0; i < arrays_.size(); ++i) {
    copies_[i].assign(arrays_[i].values.begin(), arrays_[i].values.end());
    copied.push_back({arrays_[i].name, copies_[i]});
  }
  writing_.time = std::async(std::launch::async, [this, step, copied] { return write_file(step, copied); });
}

/// Waits for what is being written, and agrees with the other ranks on whether all of it is.
void Checkpointer::settle() {
  const std::int64_t step = std::exchange(writing_.step, 0);
  if (step == 0) return;
  constexpr float kFailed = -1;
  float time = 0;
  try {
    if (writing_.time.valid()) time = static_cast<float>(writing_.time.get().value());
  } catch (const std::exception& error) {
    time = kFailed;
    say(TrainEvent::Kind::failed, step, Seconds(0), error.what());
  }
  std::vector<float> times(static_cast<std::size_t>(group_.ranks()));
  group_.all_gather({&time, 1}, times);
  if (std::ranges::find(times, kFailed) == times.end()) {
    keep_two(step);
    say(TrainEvent::Kind::written, step, Seconds(std::ranges::max(times)));
  } else if (writes()) {
    std::error_code none;
    std::filesystem::remove(checkpoint_file(options_.folder, step, writer_), none);
  }
}

/// Takes away all but this one and the one before, newer ones too: they were passed by as damaged when the training began.
void Checkpointer::keep_two(std::int64_t newest) {
  const std::int64_t before = std::exchange(last_, newest);
  if (!writes()) return;
  std::error_code none;
  for (const std::int64_t step : checkpoint_steps(options_.folder, writer_))
    if (step != newest && step != before) std::filesystem::remove(checkpoint_file(options_.folder, step, writer_), none);
}

}  // namespace forerun
