#include "cli/training.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <utility>

#include "cli/input_text.hpp"
#include "cli/ranks.hpp"
#include "cli/run_text.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"
#include "kernels/ranks/job.hpp"
#include "kernels/trainer/asynchronous.hpp"
#include "kernels/trainer/core_pin.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kMostPrefetch = 4096;

/// How our own trainer reduces gradients as that runtime does: its overlap and buckets.
std::string alike_text(const Strategy& strategy) {
  constexpr double kTiB = 1024 * kGiB;
  const bool one_bucket = strategy.bucket >= Bytes(kTiB);
  return forerun::format("overlap={},bucket={}", to_string(strategy.overlap),
                         one_bucket ? "1TiB" : forerun::format("{:.6g}MiB", strategy.bucket.value() / kMiB));
}

/// A row under another runtime's name would hold our times against that runtime's predictions.
void require_own_runtime(const Strategy& strategy) {
  if (strategy.runtime == Runtime::forerun) return;
  const std::string advice = strategy.servers > 0
                                 ? "say runtime=forerun"
                                 : forerun::format("leave the runtime out. What both do is a strategy such as --strategy data={},{}",
                                                   strategy.data, alike_text(strategy));
  throw MissingCapability(forerun::format("train runs its own trainer, not runtime={}; {}", to_string(strategy.runtime), advice));
}

/// Where samples are read from, and how far ahead.
void read_data(const TrainCommand& options, const std::vector<Text>& input, Training& training, Problems& problems) {
  for (const std::string& file : options.data) training.data.files.push_back(fs::absolute(file));
  for (const Text& setting : input) {
    const Text shown = named(setting, "input");
    if (options.data.empty())
      problems.add(problem(shown, "has no meaning here: train reads no samples without --data"));
    else if (setting.key != "prefetch")
      problems.add(
          problem(shown, "has no meaning here: one thread of a rank reads and decodes, and shuffles all samples", "input.prefetch"));
    else
      problems.collect([&] { training.data.prefetch = static_cast<int>(parse_integer(shown, 0, kMostPrefetch)); });
  }
}

/// When checkpoints are written, as the run says it, and where. What is lowered is the step alone.
void read_checkpoints(const TrainCommand& options, Training& training, Problems& problems) {
  Checkpoints& when = training.scenario.run.checkpoints;
  if (options.checkpoints.empty() && when.interval)
    problems.add(Problem{.file = "--set", .key = "run.checkpoint-interval", .what = "needs --checkpoints FOLDER beside it"});
  if (!options.checkpoints.empty() && !when.interval)
    problems.add(Problem{.file = "--checkpoints", .what = "needs a setting beside it", .allowed = "--set run.checkpoint-interval=STEPS"});
  if (!options.checkpoints.empty()) training.checkpoints.folder = fs::absolute(options.checkpoints);
  training.checkpoints.when = std::exchange(when, {});
}

/// What is predicted is a core, calibrated alone, and ranks have one each.
void read_threads(const TrainCommand& options, Training& training, Problems& problems) {
  const Text text{options.threads, "--threads", 0, 0, ""};
  problems.collect([&] { training.threads = static_cast<int>(parse_integer(text, 1, std::ssize(usable_cores()))); });
  if (training.threads == 1) return;
  if (training.scenario.strategy.ranks() > 1) problems.add(problem(text, "has no meaning for several ranks, each of which is a core"));
  if (!options.kills.empty()) problems.add(problem(text, "has no meaning with --kill: a rank that is started is a core"));
  if (!options.append.empty())
    problems.add(problem(text, "has no meaning with --append: a measured run is held against predictions of one core"));
}

/// A GPU of this machine is not what this-machine stands for, which is its cores.
void read_device(const TrainCommand& options, Training& training, Problems& problems) {
  training.device = options.device;
  if (options.device == DeviceKind::cuda && training.threads > 1)
    problems.add(problem(Text{options.threads, "--threads", 0, 0, ""}, "has no meaning with --device cuda"));
  if (options.device == DeviceKind::cuda && !options.append.empty() && options.scenario.platform.empty())
    problems.add(Problem{.file = "--append", .what = "needs --platform beside --device cuda: what the run is held against"});
}

void read_kills(const TrainCommand& options, Training& training, Problems& problems) {
  const int ranks = training.scenario.strategy.ranks();
  const std::int64_t steps = training.warm_up + training.scenario.run.steps.value_or(0);
  for (const std::string& kill : options.kills)
    problems.collect([&] {
      const Text text{kill, "--kill", 0, 0, ""};
      training.kills.push_back(parse_kill(text));
      if (training.kills.back().rank >= ranks) throw BadInput(problem(text, "names no rank", forerun::format("0 to {}", ranks - 1)));
      if (training.kills.back().step > steps) throw BadInput(problem(text, "is after the last step", forerun::format("1 to {}", steps)));
    });
}

}  // namespace

Training read_training(const TrainCommand& options, const Environment& environment) {
  Training training;
  Problems problems;
  const ScenarioText text = scenario_text(options.scenario);
  const Settings settings = divide_settings(text.settings, problems);
  const auto refuse = [&](const std::vector<Text>& unused, const char* prefix) {
    for (const Text& setting : unused) problems.add(problem(named(setting, prefix), "has no meaning here: train runs on this machine"));
  };
  refuse(settings.platform, "platform");
  refuse(settings.calibration, "calibration");
  read_data(options, settings.input, training, problems);
  for (const Text& setting : settings.workload)
    if (std::ranges::find(stored_keys(), setting.key) != stored_keys().end())
      problems.add(problem(named(setting, "workload"), options.data.empty() ? "has no meaning here: train reads no samples without --data"
                                                                            : "has no meaning here: train finds out itself"));
  Scenario& scenario = training.scenario;
  std::optional<MissingCapability> missing;
  problems.collect([&] {
    scenario.workload = load_workload(text.workload, settings.workload);
    require_batch(scenario.workload, text.workload);
  });
  problems.collect([&] {
    try {
      scenario.strategy = parse_strategy(text.strategy.value.empty() ? Text{"serial", "--strategy", 0, 0, ""} : text.strategy);
    } catch (const MissingCapability& error) {
      missing = error;
    }
  });
  for (const Text& setting : settings.run)
    if (setting.key == "steps" || setting.key == "epochs") problems.add(problem(named(setting, "run"), "has no meaning here: use --steps"));
  refuse_whole_run(settings.run, problems);
  scenario.run = read_run(settings.run, scenario.workload.samples, problems);
  problems.collect([&] { scenario.run.steps = parse_integer({options.steps, "--steps", 0, 0, ""}, 1, 10'000'000); });
  problems.collect([&] { training.warm_up = parse_integer({options.warm_up, "--warm-up", 0, 0, ""}, 0, 10'000'000); });
  read_checkpoints(options, training, problems);
  read_kills(options, training, problems);
  read_threads(options, training, problems);
  read_device(options, training, problems);
  problems.throw_if_any();
  if (missing) throw *missing;
  if (!options.data.empty() && waits_for_nobody(scenario.strategy))
    throw MissingCapability("the trainer reads no files for workers that wait for nobody (sync=off)");
  require_own_runtime(scenario.strategy);
  require_trainable(scenario.strategy);
  if (training.device == DeviceKind::cuda) {
    require_trainable_on_gpus(scenario.strategy);
    require_devices(training.device);
  }
  const std::string& platform = options.scenario.platform;
  scenario.platform = platform.empty() ? this_machine(environment) : platform_of_ranks(platform, scenario.strategy.ranks(), environment);
  std::ranges::copy_if(text.settings, std::back_inserter(training.settings), [](const Text& setting) {
    return !setting.value.starts_with("run.checkpoint-") && !setting.value.starts_with("input.");
  });
  // What is lowered is the step, with its samples in memory.
  training.stored = scenario.platform.data.has_value();
  scenario.platform.data.reset(), scenario.platform.checkpoints.reset();
  training.workload_settings = settings.workload;
  return training;
}

}  // namespace forerun
