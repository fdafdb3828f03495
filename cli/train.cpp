#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>

#include "cli/input_text.hpp"
#include "cli/measured_run_files.hpp"
#include "cli/progress.hpp"
#include "cli/ranks.hpp"
#include "cli/run_text.hpp"
#include "cli/scenario.hpp"
#include "cli/training_page.hpp"
#include "cli/verbs.hpp"
#include "core/this_machine.hpp"
#include "io/file.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"
#include "kernels/trainer/executor.hpp"
#include "strategies/lower.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

struct TrainCommand {
  ScenarioOptions scenario;
  OutputOptions output;
  std::string steps = "100";
  std::string warm_up = "10";
  std::string append;
  std::string run;
  std::string group = "train";
  Detail detail = Detail::summary;
};

/// What is to be trained, as texts and as values.
struct Training {
  Scenario scenario;
  std::int64_t warm_up = 0;
  std::vector<Text> settings;  ///< `key=value`, as they were given
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
  refuse(settings.input, "input");
  for (const Text& setting : settings.workload)
    if (std::ranges::find(stored_keys(), setting.key) != stored_keys().end())
      problems.add(problem(named(setting, "workload"), "has no meaning here: train reads no samples from storage"));
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
  problems.throw_if_any();
  if (missing) throw *missing;
  require_own_runtime(scenario.strategy);
  require_trainable(scenario.strategy);
  const std::string& platform = options.scenario.platform;
  scenario.platform = platform.empty() ? this_machine(environment) : platform_of_ranks(platform, scenario.strategy.ranks(), environment);
  training.settings = text.settings;
  training.workload_settings = settings.workload;
  return training;
}

TrainResult execute(const Training& training, const TrainCommand& options, const Environment& environment) {
  const Scenario& scenario = training.scenario;
  ProgressLine progress(WhenPiped::silent);
  if (scenario.strategy.ranks() == 1) {
    TrainOptions how;
    how.steps = *scenario.run.steps;
    how.warm_up = training.warm_up;
    return std::get<TrainResult>(train(scenario, how, progress.callback()));
  }
  TrainJob job;
  job.workload = names_a_file(options.scenario.workload) ? fs::absolute(options.scenario.workload).string() : options.scenario.workload;
  for (const Text& setting : training.workload_settings) job.settings.emplace_back(setting.key, setting.value);
  job.strategy = strategy_text(scenario.strategy);
  job.seed = scenario.run.seed;
  job.steps = *scenario.run.steps;
  job.warm_up = training.warm_up;
  return train_on_ranks(job, scenario.strategy.ranks(), ranks_paths(environment), progress.callback());
}

/// A name that no other run has: when, and by which process.
std::string run_name(const TrainCommand& options, const Scenario& scenario, const Environment& environment) {
  if (!options.run.empty()) return options.run;
  return forerun::format("{}-{}x{}-{}-{}", scenario.workload.name, scenario.strategy.ranks(), scenario.workload.batch,
                         iso_date(environment.now), getpid());
}

MeasuredRun measured_run(const std::string& name, const Training& training, const TrainResult& result, const TrainCommand& options,
                         const Environment& environment) {
  MeasuredRun run;
  run.run = name;
  run.group = options.group;
  run.workload.value = named_from(options.scenario.workload, options.append);
  run.platform.value =
      options.scenario.platform.empty() ? std::string(kThisMachine) : named_from(options.scenario.platform, options.append);
  run.strategy.value = strategy_text(training.scenario.strategy);
  run.settings = training.settings;
  run.metric = "step_time_s";
  run.value = result.median.value();
  run.p10 = result.p10.value();
  run.p90 = result.p90.value();
  run.repeats = static_cast<std::int64_t>(result.step_times.size());
  run.source = "forerun train";
  run.date = iso_date(environment.now);
  run.host = environment.host;
  run.note = forerun::format("median over {} steps after {}", result.step_times.size(), training.warm_up);
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
  const TrainResult result = execute(training, options, environment);
  if (files) files->append(measured_run(name, training, result, options, environment), result);
  deliver(training_page(result, scenario, strategy_text(scenario.strategy), options.detail), options.output);
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
  verb->add_option("--append", options->append,
                   "append a measured run to this CSV file; beside runs.csv, its step times to runs.steps.csv and its operations to "
                   "runs.operations.csv");
  verb->add_option("--run", options->run, "the run's name; made from workload, ranks, batch and date otherwise");
  verb->add_option("--group", options->group, "the series it belongs to")->capture_default_str();
  verb->add_flag_callback(
      "--operations", [options] { options->detail = Detail::operations; }, "show the time of each operation");
  add_output_options(*verb, options->output);
  verb->footer("Example:\n  forerun train --workload mlp --set workload.batch=64 --steps 50 --operations");
  verb->callback([options, &environment, &chosen] { chosen = [options, &environment] { return train_verb(*options, environment); }; });
}

}  // namespace forerun
