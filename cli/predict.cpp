#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "cli/beside.hpp"
#include "cli/choice.hpp"
#include "cli/engines.hpp"
#include "cli/prediction_page.hpp"
#include "cli/progress.hpp"
#include "cli/scenario.hpp"
#include "cli/verbs.hpp"
#include "io/atomic_file.hpp"
#include "io/format.hpp"
#include "sim/timeline.hpp"

namespace forerun {
namespace {

struct PredictOptions {
  ScenarioOptions scenario;
  OutputOptions output;
  std::optional<Engine> engine;  ///< empty: that of the document read, or the oracle
  int samples = kUsualSamples;
  int jobs = usual_seeds().workers;
  bool explain = false;
  std::string trace;  ///< a file; empty: none
  BesideOptions beside;
};

constexpr int kMostJobs = 1024;
constexpr std::int64_t kTracedSteps = 2;  // what goes over from one step to the next is seen

void write_trace(const std::string& file, const Scenario& scenario) {
  const std::int64_t steps = std::min(kTracedSteps, scenario.run.steps.value_or(kTracedSteps));
  const std::string json = sim::timeline(scenario, steps);
  write_file(file, json);
  const std::string which = scenario.run.seeds > 1 ? forerun::format(" of seed {}, the first", scenario.run.seed) : "";
  say(forerun::format("timeline of {} step{}{} in {} ({}), for https://ui.perfetto.dev", steps, steps == 1 ? "" : "s", which, file,
                      human(Bytes(static_cast<double>(json.size())))));
  if (scenario.run.checkpoints.interval) say("the timeline has steps alone, no checkpoints between them");
}

Engine engine_of(const PredictOptions& options, const Text& document) {
  if (options.engine) return *options.engine;
  return document.value.empty() ? Engine::oracle : parse_engine(document);
}

ExitCode exit_code(Status status) {
  switch (status) {
    case Status::ok: return ExitCode::success;
    case Status::infeasible: return ExitCode::no;
    case Status::failed: return ExitCode::failed;
  }
  return ExitCode::bug;
}

/// Jobs side by side are the simulator's alone: it plays them unless messages are asked for.
ExitCode predict_jobs(const PredictOptions& options, const ScenarioText& text, ScenarioReader& reader) {
  if (options.engine == Engine::oracle)
    throw BadInput(Problem{.file = "--engine", .what = "oracle knows one job alone: jobs side by side take sim or sim-message"});
  if (options.explain || !options.trace.empty())
    throw BadInput(Problem{.file = options.explain ? "--explain" : "--trace", .what = "is of one job alone, without others beside it"});
  if (!options.scenario.seeds.empty()) throw BadInput(Problem{.file = "--seeds", .what = "is of one job alone, without others beside it"});
  const Engine engine = engine_of(options, text.engine);
  const PredictedJobs predicted = predict_beside(text, options.beside, engine, options.samples, reader);
  for (const ReadScenario& job : predicted.jobs)
    for (const std::string& warning : job.warnings) say("warning: " + warning);
  deliver(beside_page(predicted), options.output);
  return exit_code(predicted.predictions.front().together.status);
}

Prediction predict_with_progress(const PredictOptions& options, Engine engine, const Scenario& scenario) {
  ProgressLine line(WhenPiped::now_and_then);
  sim::SeedOptions seeds;
  seeds.workers = options.jobs;
  const std::string what = forerun::format("of {} seeds", scenario.run.seeds);
  const double total = scenario.run.seeds;
  seeds.progress = line.callback();
  if (const ProgressCallback show = seeds.progress) seeds.played = [=](int played) { show({static_cast<double>(played), total, what}); };
  return with_intervals(engine, options.samples, seeds)(scenario);
}

ExitCode predict(const PredictOptions& options, const Environment& environment) {
  check_output(options.output);
  if (!options.trace.empty()) check_writable(options.trace);
  if (!options.trace.empty() && options.trace == options.output.file)
    throw BadInput(Problem{.file = "--trace", .what = "is the file of --output, too: one would write over the other"});
  ScenarioReader reader(environment);
  const ScenarioText text = scenario_text(options.scenario, Others::welcome);
  if (!options.beside.files.empty() || !text.beside.empty()) return predict_jobs(options, text, reader);
  const Engine engine = engine_of(options, text.engine);
  if (engine == Engine::oracle && !options.scenario.seeds.empty())
    throw BadInput(Problem{.file = "--seeds", .what = "asks for simulated runs", .allowed = "with --engine sim or sim-message"});
  const ReadScenario read = reader.read(text);
  for (const std::string& warning : read.warnings) say("warning: " + warning);
  const Prediction prediction = predict_with_progress(options, engine, read.scenario);
  std::optional<std::vector<Limit>> limits;
  if (options.explain && prediction.step_time) limits = step_limits(read.scenario, *prediction.step_time, predictor(engine));
  if (!options.trace.empty() && prediction.status == Status::ok) write_trace(options.trace, read.scenario);
  deliver(prediction_page(prediction, read, limits), options.output);
  return exit_code(prediction.status);
}

}  // namespace

void add_predict(CLI::App& command, const Environment& environment, Action& chosen) {
  CLI::App* verb = command.add_subcommand("predict", "how long one training step takes");
  const auto options = std::make_shared<PredictOptions>();
  add_scenario_file(*verb, options->scenario);
  add_workload_option(*verb, options->scenario);
  add_platform_option(*verb, options->scenario);
  add_strategy_option(*verb, options->scenario);
  add_calibration_option(*verb, options->scenario);
  add_setting_option(*verb, options->scenario);
  add_choice<std::optional<Engine>>(*verb, "--engine", options->engine,
                                    "oracle (microseconds), sim (plays every rank) or sim-message (and every message of a collective by "
                                    "itself, to validate sim); a prediction written before keeps its own",
                                    {{"oracle", Engine::oracle}, {"sim", Engine::sim}, {"sim-message", Engine::sim_message}});
  options->engine.reset();
  add_samples_option(*verb, options->samples);
  verb->add_option("--seeds", options->scenario.seeds,
                   "simulate so many runs, which differ by the seed alone: the one in the middle, with P10 and P90 over all of them");
  verb->add_option("-j,--jobs", options->jobs, "of these runs, simulated at a time; the answer does not depend on it")
      ->check(CLI::Range(1, kMostJobs));
  verb->add_flag("--explain", options->explain,
                 "what limits the step: how much shorter it gets where a rate, a bandwidth or a latency is 1 % better");
  verb->add_option("--trace", options->trace,
                   "writes a timeline of two steps here, as the simulator plays every rank: JSON that Perfetto opens")
      ->check(
          [](const std::string& file) { return file.empty() || file == "-" ? std::string("takes the name of a file") : std::string(); });
  add_beside_options(*verb, options->beside);
  add_output_options(*verb, options->output);
  verb->footer(
      "Example:\n  forerun predict --workload vgg11-cifar10 --platform cpu-cluster --set platform.nodes=3 --set workload.batch=192 \\\n"
      "      --strategy data=3,runtime=pytorch-ddp --format json\n\n"
      "A scenario file has the keys workload, platform, strategy, calibration (as the options take them) and set:\n"
      "  workload: mlp\n  platform: cpu-cluster\n  strategy: data=2\n  set: {workload.batch: 64, platform.nodes: 2}\n\n"
      "Exit codes: 0 done, 1 infeasible, 2 command line, 3 bad input, 4 the simulation broke off, 6 cannot be done here, 70 a bug.");
  verb->callback([options, &environment, &chosen] { chosen = [options, &environment] { return predict(*options, environment); }; });
}

}  // namespace forerun
