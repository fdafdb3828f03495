#include "kernels/ranks/recovery.hpp"

#include <algorithm>
#include <vector>

#include "io/format.hpp"
#include "kernels/trainer/clock.hpp"

namespace forerun {

namespace {

std::string restart_text(const std::vector<Kill>& killed, std::int64_t after) {
  std::string what;
  for (const Kill& kill : killed)
    what += forerun::format("{}rank {} was killed before step {}", what.empty() ? "" : ", ", kill.rank, kill.step);
  if (killed.empty()) what = "ranks ended";
  return what + (after > 0 ? forerun::format("; all start again after step {}", after) : "; all start again from the beginning");
}

/// One of those that are alike: each happens once.
void erase_one(std::vector<Kill>& kills, const Kill& kill) {
  if (const auto found = std::ranges::find(kills, kill); found != kills.end()) kills.erase(found);
}

}  // namespace

RecoveredRun train_with_recovery(TrainJob job, int ranks, const RanksPaths& paths, const ProgressCallback& progress,
                                 const TrainEventCallback& on_event, const std::function<std::int64_t()>& newest,
                                 const std::function<void(const std::string&)>& say) {
  RunRecorder recorder(steady_now());
  for (int fruitless = 0;;) {
    std::vector<Kill> killed;
    const auto note = [&](const TrainEvent& event) {
      recorder.note(event);
      if (event.kind == TrainEvent::Kind::killed) killed.push_back({event.rank, event.step});
      if (on_event) on_event(event);
    };
    try {
      const TrainResult result = train_on_ranks(job, ranks, paths, progress, note);
      return {result, recorder.finish(steady_now())};
    } catch (const RanksFailed& failed) {
      const Seconds found = steady_now();
      if (killed.empty() && job.checkpoints.folder.empty()) throw;
      const std::int64_t after = newest();
      for (const Kill& kill : killed) erase_one(job.kills, kill);
      if (killed.empty()) fruitless = after > job.checkpoints.after ? 1 : fruitless + 1;
      if (fruitless >= kMostFruitless) throw;
      say(killed.empty() ? forerun::format("{}\n{}", failed.what(), restart_text(killed, after)) : restart_text(killed, after));
      job.checkpoints.after = after;
      recorder.broke_off(found, after);
    }
  }
}

}  // namespace forerun
