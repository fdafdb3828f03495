#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "cli/choice.hpp"
#include "cli/measured_run_files.hpp"
#include "cli/run_record_page.hpp"
#include "cli/train_run.hpp"
#include "cli/training.hpp"
#include "cli/verbs.hpp"
#include "core/this_machine.hpp"
#include "io/file.hpp"
#include "io/format.hpp"
#include "kernels/trainer/executor.hpp"
#include "kernels/trainer/quantiles.hpp"
#include "kernels/trainer/shard.hpp"
#include "strategies/lower.hpp"
#include "strategies/strategy_text.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

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
  job.device = training.device;
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
  add_choice<DeviceKind>(*verb, "--device", options->device, "what trains: cpu, a core for each rank, or cuda, a GPU for each",
                         {{"cpu", DeviceKind::cpu}, {"cuda", DeviceKind::cuda}});
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
