#include "kernels/ranks/recovery.hpp"

#include <algorithm>
#include <optional>

#include "io/format.hpp"
#include "kernels/trainer/clock.hpp"

namespace forerun {

namespace {

std::string restart_text(const std::optional<Kill>& killed, std::int64_t after) {
  const std::string what = killed ? forerun::format("rank {} was killed before step {}", killed->rank, killed->step) : "ranks ended";
  return what + (after > 0 ? forerun::format("; all start again after step {}", after) : "; all start again from the beginning");
}

}  // namespace

RecoveredRun train_with_recovery(TrainJob job, int ranks, const RanksPaths& paths, const ProgressCallback& progress,
                                 const TrainEventCallback& on_event, const std::function<std::int64_t()>& newest,
                                 const std::function<void(const std::string&)>& say) {
  RunRecorder recorder(steady_now());
  for (int fruitless = 0;;) {
    std::optional<Kill> killed;
    const auto note = [&](const TrainEvent& event) {
      recorder.note(event);
      if (event.kind == TrainEvent::Kind::killed) killed = Kill{event.rank, event.step};
      if (on_event) on_event(event);
    };
    try {
      const TrainResult result = train_on_ranks(job, ranks, paths, progress, note);
      return {result, recorder.finish(steady_now())};
    } catch (const RanksFailed& failed) {
      const Seconds found = steady_now();
      if (!killed && job.checkpoints.folder.empty()) throw;
      const std::int64_t after = newest();
      if (killed)
        job.kills.erase(std::ranges::find(job.kills, *killed));
      else
        fruitless = after > job.checkpoints.after ? 1 : fruitless + 1;
      if (fruitless >= kMostFruitless) throw;
      say(killed ? restart_text(killed, after) : forerun::format("{}\n{}", failed.what(), restart_text(killed, after)));
      job.checkpoints.after = after;
      recorder.broke_off(found, after);
    }
  }
}

}  // namespace forerun
