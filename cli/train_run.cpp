#include "cli/train_run.hpp"

#include <algorithm>
#include <optional>

#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/ranks.hpp"
#include "io/format.hpp"
#include "kernels/ranks/launched.hpp"
#include "kernels/ranks/recovery.hpp"
#include "kernels/trainer/asynchronous.hpp"
#include "kernels/trainer/checkpoint_folder.hpp"

namespace forerun {
namespace {

/// The ranks whose files make a checkpoint, by the plan that the ranks have.
std::vector<int> writers_of(const TrainJob& job, int ranks) {
  if (job.checkpoints.folder.empty()) return {};
  const Scenario launched = launched_scenario(job, ranks);
  return checkpoint_writers(launched.strategy, launched_plan(launched, ranks));
}

/// The folder of a training's checkpoints, as the command sees it.
class Shelf {
 public:
  Shelf(const Scenario& scenario, const TrainJob& job, const ImageFiles* images)
      : folder_(job.checkpoints.folder),
        training_(identity_of(scenario, train_options(job), images)),
        writers_(writers_of(job, scenario.strategy.ranks())) {
    if (!folder_.empty()) owned_.emplace(folder_);
  }

  /// The newest checkpoint, while no rank runs; what is passed by on the way is said.
  FoundCheckpoint find() {
    if (folder_.empty()) return {};
    remove_unfinished(folder_);
    const FoundCheckpoint found = find_checkpoint(folder_, training_, writers_);
    for (const std::string& wrong : found.passed_by) say(forerun::format("warning: {}; it is not used", wrong));
    last_ = found.step;
    return found;
  }

  /// Of the newest checkpoint's files, as many as are there.
  [[nodiscard]] Bytes bytes() const {
    Bytes sum;
    for (const int rank : writers_) {
      std::error_code none;
      const std::uintmax_t size = std::filesystem::file_size(checkpoint_file(folder_, last_, rank), none);
      if (!none) sum += Bytes(static_cast<double>(size));
    }
    return sum;
  }

  void note(const TrainEvent& event) {
    if (event.kind == TrainEvent::Kind::written) last_ = event.step;
    if (event.kind != TrainEvent::Kind::failed) return;
    say(forerun::format("warning: the checkpoint of step {} is not written: {}; the training goes on{}", event.step, event.text,
                        last_ > 0 ? forerun::format(", and the checkpoint of step {} stays", last_) : ""));
  }

 private:
  std::filesystem::path folder_;
  TrainingIdentity training_;
  std::vector<int> writers_;
  std::optional<OwnedFolder> owned_;
  std::int64_t last_ = 0;
};

/// Those of steps that are not done again.
void drop_past_kills(std::vector<Kill>& kills, std::int64_t after) {
  std::erase_if(kills, [&](const Kill& kill) {
    const bool past = kill.step <= after;
    if (past) say(forerun::format("warning: --kill {}: step {} is done already; nothing is killed", kill_text(kill), kill.step));
    return past;
  });
}

RecoveredRun run_here(const Scenario& scenario, const TrainJob& job, Shelf& shelf, const ProgressCallback& progress) {
  RunRecorder recorder(steady_now());
  TrainOptions options = train_options(job);
  options.on_event = [&](const TrainEvent& event) { recorder.note(event), shelf.note(event); };
  TrainResult result = std::get<TrainResult>(train(scenario, options, progress));
  return {std::move(result), recorder.finish(steady_now())};
}

}  // namespace

TrainRun run_training(const Scenario& scenario, TrainJob job, const Environment& environment) {
  require_recoverable(scenario.strategy, train_options(job));
  const std::optional<ImageFiles> images = images_of(scenario.workload, job.data);
  Shelf shelf(scenario, job, images ? &*images : nullptr);
  const FoundCheckpoint found = shelf.find();
  TrainRun run;
  if (images) run.sample_bytes = images->sample_bytes(), run.samples_per_file = images->samples_per_file();
  run.after = job.checkpoints.after = found.step;
  if (found.step > 0) say(forerun::format("goes on after step {} of {}", found.step, job.checkpoints.folder.string()));
  if (found.step >= job.warm_up + job.steps) return run;
  drop_past_kills(job.kills, found.step);
  ProgressLine progress(WhenPiped::silent);
  RecoveredRun recovered = scenario.strategy.ranks() == 1 && job.kills.empty()
                               ? run_here(scenario, job, shelf, progress.callback())
                               : train_with_recovery(
                                     job, scenario.strategy.ranks(), ranks_paths(environment), progress.callback(),
                                     [&](const TrainEvent& event) { shelf.note(event); }, [&] { return shelf.find().step; }, say);
  run.result = std::move(recovered.result), run.record = std::move(recovered.record);
  run.checkpoint_bytes = shelf.bytes();
  return run;
}

}  // namespace forerun
