#include "kernels/ranks/launch.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/file.hpp"
#include "kernels/ranks/child_process.hpp"
#include "kernels/trainer/core_pin.hpp"

namespace forerun {

namespace {

/// A folder of our own that goes away with what is in it.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::filesystem::path& parent) {
    std::string pattern = ((parent.empty() ? std::filesystem::temp_directory_path() : parent) / "forerun-ranks-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw RanksFailed("no scratch folder can be made at " + pattern);
    folder_ = pattern;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] std::filesystem::path file(const char* name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

/// forerun-ranks pins its ranks itself, since mpirun's binding fails in some containers.
std::vector<std::string> launch_command(const RanksPaths& paths, int ranks, const std::filesystem::path& job,
                                        const std::filesystem::path& result) {
  std::vector<std::string> command{paths.mpirun.string(), "-n", std::to_string(ranks), "--bind-to", "none"};
  if (geteuid() == 0) command.emplace_back("--allow-run-as-root");
  if (ranks > static_cast<int>(usable_cores().size())) command.emplace_back("--oversubscribe");
  command.push_back(paths.forerun_ranks.string());
  command.push_back(job.string());
  command.push_back(result.string());
  return command;
}

/// A line of forerun-ranks: `progress DONE TOTAL WHAT`.
void forward_progress(std::string_view line, const ProgressCallback& progress) {
  Progress parsed;
  int words = 0;
  const std::string text(line);
  if (progress && std::sscanf(text.c_str(), "progress %lf %lf %n", &parsed.done, &parsed.total, &words) == 2 && words > 0) {
    parsed.what = text.substr(static_cast<std::size_t>(words));
    progress(parsed);
  }
}

/// What forerun-ranks could not do. A job that it refuses is refused here too, in its own words; anything else broke off.
[[noreturn]] void report_failure(int status, const std::filesystem::path& result, const std::string& last_words) {
  const bool refused = status == static_cast<int>(RanksExit::bad_input) || status == static_cast<int>(RanksExit::missing);
  std::error_code none;
  if (!refused || !std::filesystem::exists(result, none))
    throw RanksFailed("forerun-ranks ended with status " + std::to_string(status) + ":\n" + last_words);
  const std::string why = read_file(result);
  if (status == static_cast<int>(RanksExit::missing)) throw MissingCapability(why);
  throw BadInput(Problem{.what = why});
}

template <class Read>
auto run_ranks(const Job& job, int ranks, const RanksPaths& paths, const std::function<void(std::string_view)>& on_line, Read&& read) {
  if (const std::string missing = missing_for_ranks(paths); !missing.empty()) throw MissingCapability(missing);
  const ScratchFolder scratch(paths.scratch);
  write_file(scratch.file("job.json"), job_text(job));
  ChildProcess child(launch_command(paths, ranks, scratch.file("job.json"), scratch.file("result.json")));
  const int status = child.wait(on_line);
  if (status == 127) throw MissingCapability(paths.mpirun.string() + " cannot be started; install OpenMPI");
  if (status != 0) report_failure(status, scratch.file("result.json"), child.last_words());
  return read(scratch.file("result.json"));
}

bool can_start(const std::filesystem::path& program) { return access(program.c_str(), X_OK) == 0; }

}  // namespace

std::string missing_for_ranks(const RanksPaths& paths) {
  if (!can_start(paths.forerun_ranks))
    return "forerun-ranks is not at " + paths.forerun_ranks.string() + ": several ranks need a build with OpenMPI";
  if (paths.mpirun.has_parent_path())
    return can_start(paths.mpirun) ? std::string() : paths.mpirun.string() + " is missing; install OpenMPI";
  const auto holds_it = [&](const std::filesystem::path& folder) { return can_start(folder / paths.mpirun); };
  if (paths.search.empty() || std::ranges::any_of(paths.search, holds_it)) return {};
  return paths.mpirun.string() + " is in no folder of the PATH; install OpenMPI";
}

TrainResult train_on_ranks(const TrainJob& job, int ranks, const RanksPaths& paths, const ProgressCallback& progress,
                           const TrainEventCallback& on_event) {
  const auto on_line = [&](std::string_view line) {
    forward_progress(line, progress);
    TrainEvent event;
    if (on_event && read_event_line(std::string(line), event)) on_event(event);
  };
  return run_ranks(job, ranks, paths, on_line, read_train_result);
}

NetworkResult measure_network(const NetworkJob& job, int ranks, const RanksPaths& paths, const ProgressCallback& progress,
                              const SampleCallback& on_sample) {
  const auto on_line = [&](std::string_view line) {
    CollectiveSample sample;
    if (on_sample && read_sample_line(std::string(line), sample)) on_sample(sample);
    forward_progress(line, progress);
  };
  return run_ranks(job, ranks, paths, on_line, read_network_result);
}

}  // namespace forerun
