#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <set>

#include "cli/choice.hpp"
#include "cli/engines.hpp"
#include "cli/progress.hpp"
#include "cli/scenario.hpp"
#include "cli/strategies_page.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "costs/whole_run.hpp"
#include "strategies/strategy_text.hpp"

namespace forerun {
namespace {

enum class RankBy { time, cost, memory };
enum class Confirm { none, sim };

struct StrategiesOptions {
  ScenarioOptions scenario;
  OutputOptions output;
  RankBy by = RankBy::time;
  Confirm confirm = Confirm::none;
  int top = 10;
  bool exhaustive = false;
};

/// The runtime that such networks are mostly trained with, where none is pinned.
std::string usual_runtime(const Scenario& scenario) {
  const bool attention =
      std::ranges::any_of(scenario.workload.layers, [](const Layer& layer) { return layer.shape.kind == LayerKind::attention; });
  if (attention) return "runtime=megatron";
  return scenario.calibration->gpu ? "runtime=pytorch-ddp" : "runtime=forerun";
}

/// The scenario, its strategy what is pinned.
ReadScenario read_pinned(ScenarioText text, const Environment& environment, Text& pinned) {
  pinned = text.strategy;
  text.strategy.value = "serial";
  ScenarioReader reader(environment);
  ReadScenario read = reader.read(text);
  if (read.scenario.plan) throw BadInput(problem(text.workload, "is a trace: it has a strategy already", "a model or a description"));
  const std::set<std::string> keys = strategy_keys(pinned);
  if (keys.contains("micro-batches"))
    throw BadInput(problem(pinned, "pins micro-batches, whose number follows from the data axis", "micro-batch=SAMPLES"));
  Text whole = pinned;
  const bool nothing = pinned.value == "serial" || keys.empty();
  if (nothing || (!keys.contains("runtime") && !keys.contains("servers")))
    whole.value = (nothing ? "" : pinned.value + ",") + usual_runtime(read.scenario);
  read.scenario.strategy = parse_strategy(whole, Unsaid::open);
  read.text.strategy.value = strategy_text(read.scenario.strategy);
  return read;
}

void check_rank(const StrategiesOptions& options, const Scenario& scenario) {
  if (options.by == RankBy::cost && !scenario.platform.price)
    throw MissingCapability(scenario.platform.name +
                            " has no price: rank by time or memory, or use a platform that has one (PROVIDER:INSTANCE)");
  if (options.by == RankBy::cost && !run_steps(scenario))
    throw BadInput(
        Problem{.key = "--by", .what = "cost is that of a run, whose length nothing says", .allowed = "with run.steps or run.epochs"});
}

ExitCode strategies(const StrategiesOptions& options, const Environment& environment) {
  check_output(options.output);
  Text pinned;
  const ReadScenario read = read_pinned(scenario_text(options.scenario), environment, pinned);
  check_rank(options, read.scenario);
  for (const std::string& warning : read.warnings) say("warning: " + warning);
  const oracle::Space space = oracle::space_of(read.scenario, strategy_keys(pinned));
  oracle::SearchOptions wanted;
  wanted.objective = options.by == RankBy::memory ? oracle::Objective::memory : oracle::Objective::time;
  wanted.thoroughness = options.exhaustive ? oracle::Thoroughness::exhaustive : oracle::Thoroughness::pruned;
  wanted.most = static_cast<std::size_t>(options.top);
  RankedStrategies ranked;
  ranked.objective = wanted.objective;
  {
    ProgressLine line(WhenPiped::silent);
    const ProgressCallback progress = line.callback();
    double total = 0;
    for_each_strategy(space, [&](const Strategy&) { ++total; });
    if (progress) wanted.progress = [&](std::int64_t looked_at) { progress({static_cast<double>(looked_at), total, "strategies"}); };
    ranked.found = search(read.scenario, space, wanted);
    for (const oracle::Found& found : ranked.found.best) {
      Scenario scenario = read.scenario;
      scenario.strategy = found.strategy;
      ranked.predictions.push_back(predictor(Engine::oracle)(scenario));
      if (options.confirm == Confirm::sim) ranked.confirmed.push_back(predictor(Engine::sim)(scenario));
    }
  }
  deliver(strategies_page(ranked, read), options.output);
  return ranked.found.best.empty() ? ExitCode::no : ExitCode::success;
}

}  // namespace

void add_strategies(CLI::App& command, const Environment& environment, Action& chosen) {
  CLI::App* verb = command.add_subcommand("strategies", "which parallel strategy is best: all that use every device, ranked");
  const auto options = std::make_shared<StrategiesOptions>();
  add_scenario_file(*verb, options->scenario);
  add_workload_option(*verb, options->scenario);
  add_platform_option(*verb, options->scenario);
  verb->add_option("-s,--strategy", options->scenario.strategy,
                   "what is pinned: tensor=8,runtime=megatron; every other setting is searched");
  add_calibration_option(*verb, options->scenario);
  add_setting_option(*verb, options->scenario);
  add_choice(*verb, "--by", options->by, "what the best has least of",
             {{"time", RankBy::time}, {"cost", RankBy::cost}, {"memory", RankBy::memory}});
  verb->add_option("--top", options->top, "strategies that are shown")->check(CLI::Range(1, 10'000))->capture_default_str();
  verb->add_flag("--exhaustive", options->exhaustive, "price also what a bound shows to be no better; what is found is the same");
  add_choice(*verb, "--confirm", options->confirm, "play the best in the simulator, too", {{"none", Confirm::none}, {"sim", Confirm::sim}});
  add_output_options(*verb, options->output);
  verb->footer(
      "Example:\n  forerun strategies --workload gpt3-175b --set workload.batch=1536 --set workload.precision=fp16 \\\n"
      "      --platform dgx-a100-80gb --set platform.nodes=64 --top 5\n\n"
      "Exit codes: 0 done, 1 no strategy fits, 2 command line, 3 bad input, 6 cannot be done here, 70 a bug.");
  verb->callback([options, &environment, &chosen] { chosen = [options, &environment] { return strategies(*options, environment); }; });
}

}  // namespace forerun
