#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "cli/input_text.hpp"
#include "cli/measured_run_files.hpp"
#include "cli/ranks.hpp"
#include "cli/run_record_page.hpp"
#include "cli/run_text.hpp"
#include "cli/scenario.hpp"
#include "cli/train_run.hpp"
#include "cli/training_page.hpp"
#include "cli/verbs.hpp"
#include "core/this_machine.hpp"
#include "io/file.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"
#include "kernels/trainer/core_pin.hpp"
#include "kernels/trainer/executor.hpp"
#include "kernels/trainer/quantiles.hpp"
#include "kernels/trainer/shard.hpp"
#include "strategies/lower.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kMostPrefetch = 4096;

struct TrainCommand {
  ScenarioOptions scenario;
  OutputOptions output;
  std::string steps = "100";
  std::string warm_up = "10";
  std::string threads = "1";
  std::string append;
  std::string run;
  std::string group = "train";
  std::vector<std::string> data;
  std::string checkpoints;
  std::vector<std::string> kills;
  Detail detail = Detail::summary;
};

/// What is to be trained, as texts and as values.
struct Training {
  Scenario scenario;
  std::int64_t warm_up = 0;
  int threads = 1;
  DataOptions data;
  bool stored = false;  ///< the platform says where samples lie
  CheckpointOptions checkpoints;
  std::vector<Kill> kills;
  std::vector<Text> settings;  ///< `key=value`, as they were given; of what decides a step
  std::vector<Text> workload_settings;
};

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
      problems.add(problem(named(setting, "workload"), "has no meaning here: train finds out itself"));
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
  problems.throw_if_any();
  if (missing) throw *missing;
  const bool alone = scenario.strategy.servers > 0 && scenario.strategy.updates == Updates::asynchronous;
  if (alone && !(options.checkpoints.empty() && options.kills.empty() && options.data.empty()))
    throw MissingCapability("--checkpoints, --kill and --data are not for workers that wait for nobody (sync=off)");
  require_own_runtime(scenario.strategy);
  require_trainable(scenario.strategy);
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

TrainJob job_of(const Training& training, const TrainCommand& options) {
  const Scenario& scenario = training.scenario;
  TrainJob job;
  job.workload = names_a_file(options.scenario.workload) ? fs::absolute(options.scenario.workload).string() : options.scenario.workload;
  for (const Text& setting : training.workload_settings) job.settings.emplace_back(setting.key, setting.value);
  job.strategy = strategy_text(scenario.strategy);
  job.seed = scenario.run.seed;
  job.steps = *scenario.run.steps;
  job.warm_up = training.warm_up;
  job.threads = training.threads;
  job.data = training.data;
  job.checkpoints = training.checkpoints;
  job.kills = training.kills;
  return job;
}

/// A name that no other run has: when, and by which process.
std::string run_name(const TrainCommand& options, const Scenario& scenario, const Environment& environment) {
  if (!options.run.empty()) return options.run;
  return forerun::format("{}-{}x{}-{}-{}", scenario.workload.name, scenario.strategy.ranks(), scenario.workload.batch,
                         iso_date(environment.now), getpid());
}

/// Over what the median is, as far as it tells how to read it.
std::string note_of(const Training& training, const TrainRun& trained) {
  const auto timed = std::ssize(trained.result.step_times);
  const std::int64_t after = trained.record.failures.empty() ? trained.after : trained.record.failures.back().after;
  const std::int64_t done = training.warm_up + *training.scenario.run.steps - after;
  std::string note = forerun::format("median over {} steps after {}", timed, done - timed);
  if (after > 0) note += forerun::format(", gone on after step {}", after);
  const Checkpoints& checkpoints = training.checkpoints.when;
  if (checkpoints.interval && checkpoints.mode == CheckpointMode::asynchronous) note += ", checkpoints written beside them";
  return note;
}

/// What a prediction of the same reading has to know, where the platform says what the samples lie on.
void add_input_settings(const Training& training, const TrainRun& trained, MeasuredRun& run) {
  const std::vector<InputTime>& input = trained.result.input;
  if (!training.stored || input.empty()) return;
  std::vector<Seconds> decodes;
  for (const InputTime& time : input) decodes.push_back(time.decode);
  const double share = static_cast<double>(training.scenario.workload.batch) / training.scenario.strategy.data;
  const auto set = [&](std::string setting) { run.settings.emplace_back().value = std::move(setting); };
  set(forerun::format("workload.sample-bytes={:.0f}B", trained.sample_bytes.value()));
  set(forerun::format("workload.samples-per-file={:.6g}", trained.samples_per_file));
  set(forerun::format("workload.decode-time={:.6g}us", 1e6 * quantiles(decodes).median.value() / share));
  set(forerun::format("input.prefetch={}", training.data.prefetch));
}

MeasuredRun measured_run(const std::string& name, const Training& training, const TrainRun& trained, const TrainCommand& options,
                         const Environment& environment) {
  const TrainResult& result = trained.result;
  MeasuredRun run;
  run.run = name;
  run.group = options.group;
  run.workload.value = named_from(options.scenario.workload, options.append);
  run.platform.value =
      options.scenario.platform.empty() ? std::string(kThisMachine) : named_from(options.scenario.platform, options.append);
  run.strategy.value = strategy_text(training.scenario.strategy);
  run.settings = training.settings;
  add_input_settings(training, trained, run);
  run.metric = "step_time_s";
  run.value = result.median.value();
  run.p10 = result.p10.value();
  run.p90 = result.p90.value();
  run.repeats = static_cast<std::int64_t>(result.step_times.size());
  run.source = "forerun train";
  run.date = iso_date(environment.now);
  run.host = environment.host;
  run.note = note_of(training, trained);
  if (!result.input.empty()) run.note += forerun::format(", samples from {}", options.data.front());
  return run;
}

ExitCode train_verb(const TrainCommand& options, const Environment& environment) {
  check_output(options.output);
  const Training training = read_training(options, environment);
  const Scenario& scenario = training.scenario;
  const std::string name = run_name(options, scenario, environment);
  std::optional<MeasuredRunFiles> files;
  if (!options.append.empty()) files.emplace(options.append).check(name);
  const auto lowered = lower(scenario);
  if (const auto* no = std::get_if<Infeasible>(&lowered)) {
    deliver(infeasible_page(no->reason), options.output);
    return ExitCode::no;
  }
  require_executable(std::get<StepPlan>(lowered));
  static_cast<void>(shards_of(scenario.workload, std::get<StepPlan>(lowered), 0));  // refuses before ranks are started
  const TrainRun run = run_training(scenario, job_of(training, options), environment);
  if (run.result.step_times.empty()) {
    deliver(nothing_left_page(run.after), options.output);
    return ExitCode::success;
  }
  if (files) files->append(measured_run(name, training, run, options, environment), run.result);
  Page page = training_page(run.result, scenario, strategy_text(scenario.strategy), options.detail);
  if (!training.checkpoints.folder.empty() || !training.kills.empty()) add_run_record(run, page);
  deliver(page, options.output);
  return ExitCode::success;
}

}  // namespace

void add_train(CLI::App& command, const Environment& environment, Action& chosen) {
  CLI::App* verb = command.add_subcommand("train", "really trains on this machine, and appends a measured run");
  const auto options = std::make_shared<TrainCommand>();
  add_workload_option(*verb, options->scenario);
  verb->get_option("--workload")->required();
  add_strategy_option(*verb, options->scenario);
  verb->get_option("--strategy")->description("such as data=2,overlap=data; one device where none is given; always runtime=forerun");
  add_setting_option(*verb, options->scenario);
  verb->add_option("-p,--platform", options->scenario.platform,
                   "what the ranks stand on, as the run is recorded: mpirun places them, and nothing here does; without it this-machine");
  verb->add_option("--steps", options->steps, "timed steps")->capture_default_str();
  verb->add_option("--warm-up", options->warm_up, "steps before, not timed")->capture_default_str();
  verb->add_option("--threads", options->threads, "cores that one process uses at once")->capture_default_str();
  verb->add_option("--append", options->append,
                   "append a measured run to this CSV file; beside runs.csv, its step times to runs.steps.csv and its operations to "
                   "runs.operations.csv");
  verb->add_option("--run", options->run, "the run's name; made from workload, ranks, batch and date otherwise");
  verb->add_option("--group", options->group, "the series it belongs to")->capture_default_str();
  verb->add_option("--data", options->data,
                   "train on these TFRecord files, a folder of them, or a folder with a folder of JPEG files for each class");
  verb->add_option("--checkpoints", options->checkpoints,
                   "write checkpoints to this folder, every run.checkpoint-interval steps, and go on after the newest that it holds");
  verb->add_option("--kill", options->kills,
                   "end a rank before a step by SIGKILL, RANK@STEP, to see what the failure costs; may be repeated");
  verb->add_flag_callback(
      "--operations", [options] { options->detail = Detail::operations; }, "show the time of each operation");
  add_output_options(*verb, options->output);
  verb->footer("Example:\n  forerun train --workload mlp --set workload.batch=64 --steps 50 --operations");
  verb->callback([options, &environment, &chosen] { chosen = [options, &environment] { return train_verb(*options, environment); }; });
}

}  // namespace forerun
