#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <set>

#include "cli/choice.hpp"
#include "cli/engines.hpp"
#include "cli/pinned_scenario.hpp"
#include "cli/progress.hpp"
#include "cli/scenario.hpp"
#include "cli/strategies_page.hpp"
#include "cli/target_text.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "costs/statistical_efficiency.hpp"
#include "costs/whole_run.hpp"
#include "io/format.hpp"
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
  std::string target;   ///< `--epochs-to-target`
  std::string batches;  ///< empty: that of the workload
};

void check_rank(const StrategiesOptions& options, const Scenario& scenario) {
  if (options.by == RankBy::cost && !scenario.platform.price)
    throw MissingCapability(scenario.platform.name +
                            " has no price: rank by time or memory, or use a platform that has one (PROVIDER:INSTANCE)");
  if (options.by == RankBy::cost && !run_steps(scenario))
    throw BadInput(Problem{.key = "--by",
                           .what = "cost is that of a run, whose length nothing says",
                           .allowed = "with run.steps, run.epochs or --epochs-to-target"});
}

/// A scenario for each batch, all bad input at once.
std::vector<ReadScenario> read_batches(const StrategiesOptions& options, const Environment& environment, Text& pinned) {
  ScenarioText text = scenario_text(options.scenario);
  if (!options.target.empty())
    for (Text& setting : target_settings(options.target)) text.settings.push_back(std::move(setting));
  ScenarioReader reader(environment);
  std::vector<ReadScenario> read;
  if (options.batches.empty()) {
    read.push_back(read_pinned(text, reader, pinned));
  } else {
    for (const std::int64_t batch : parse_batches(options.batches)) {
      ScenarioText at_batch = text;
      at_batch.settings.push_back({"workload.batch=" + std::to_string(batch), "--batches", 0, 0, ""});
      read.push_back(read_pinned(std::move(at_batch), reader, pinned));
    }
  }
  if (!options.batches.empty() && !read.front().scenario.run.to_target)
    throw BadInput(problem({options.batches, "--batches", 0, 0, ""},
                           "batches are compared by the time to a target, of which nothing is said",
                           "with --epochs-to-target critical-batch=B,reference-epochs=E,reference-batch=B or --epochs-to-target runs.csv"));
  return read;
}

void say_warnings(const std::vector<ReadScenario>& read) {
  std::set<std::string> said;
  const auto warn = [&](const std::string& warning) {
    if (said.insert(warning).second) say("warning: " + warning);
  };
  for (const ReadScenario& one : read) {
    std::ranges::for_each(one.warnings, warn);
    if (const auto& target = one.scenario.run.to_target) std::ranges::for_each(fit_warnings(*target, one.scenario.workload.batch), warn);
  }
}

/// Of the runs on a batch's front, which the search itself does not know: each is predicted.
void add_evaluations(BatchSearch& search) {
  if (search.read.scenario.run.evaluation.samples == 0 || !run_steps(search.read.scenario)) return;
  Scenario scenario = search.read.scenario;
  for (const oracle::Found& found : search.found.pareto) {
    scenario.strategy = found.strategy;
    search.evaluations.push_back(*predictor(Engine::oracle)(scenario).evaluation);
  }
}

/// What the simulator says of a strategy. Where it breaks off, the search stands.
Prediction confirmed(const Scenario& scenario, const sim::SeedOptions& playing) {
  try {
    return predictor(Engine::sim, playing)(scenario);
  } catch (const SimulationFailed& failure) {
    say(forerun::format("warning: {} is not confirmed: {}", strategy_text(scenario.strategy), failure.what()));
    Prediction broken_off;
    broken_off.status = Status::failed;
    broken_off.reason = failure.what();
    return broken_off;
  }
}

void search_all(const StrategiesOptions& options, const std::vector<oracle::Space>& spaces, RankedStrategies& ranked) {
  oracle::SearchOptions wanted;
  wanted.objective = ranked.objective;
  wanted.thoroughness = options.exhaustive ? oracle::Thoroughness::exhaustive : oracle::Thoroughness::pruned;
  wanted.most = static_cast<std::size_t>(options.top);
  ProgressLine line(WhenPiped::now_and_then);
  const ProgressCallback progress = line.callback();
  std::int64_t total = 0, before = 0;
  for (const oracle::Space& space : spaces) for_each_strategy(space, [&](const Strategy&) { ++total; });
  const std::string what = forerun::format("of {} strategies", total);
  if (progress)
    wanted.progress = [&](std::int64_t looked_at) {
      progress({static_cast<double>(before + looked_at), static_cast<double>(total), what});
    };
  for (std::size_t i = 0; i < spaces.size(); ++i) {
    BatchSearch& search = ranked.searches[i];
    search.found = oracle::search(search.read.scenario, spaces[i], wanted);
    before += search.found.evaluated;
    add_evaluations(search);
  }
  ranked.best = best_of(ranked, wanted.most);
  sim::SeedOptions playing = usual_seeds();
  playing.progress = progress;
  for (RankedStrategy& one : ranked.best) {
    Scenario scenario = ranked.scenario(one);
    scenario.strategy = one.found.strategy;
    one.prediction = predictor(Engine::oracle)(scenario);
    if (options.confirm == Confirm::sim) one.confirmed = confirmed(scenario, playing);
  }
  order_by_runs(ranked, wanted.most);
  ranked.pareto = pareto_of(ranked);
}

ExitCode strategies(const StrategiesOptions& options, const Environment& environment) {
  check_output(options.output);
  Text pinned;
  std::vector<ReadScenario> read = read_batches(options, environment, pinned);
  check_rank(options, read.front().scenario);
  say_warnings(read);
  RankedStrategies ranked;
  ranked.objective = options.by == RankBy::memory ? oracle::Objective::memory : oracle::Objective::time;
  std::vector<oracle::Space> spaces;
  for (ReadScenario& one : read) {
    spaces.push_back(oracle::space_of(one.scenario, strategy_keys(pinned)));
    ranked.searches.push_back({std::move(one), {}, {}});
  }
  search_all(options, spaces, ranked);
  deliver(strategies_page(ranked), options.output);
  return ranked.best.empty() ? ExitCode::no : ExitCode::success;
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
  verb->add_option("--epochs-to-target", options->target,
                   "how many steps a target takes at a batch: critical-batch=B,reference-epochs=E,reference-batch=B (a run that reached "
                   "it), critical-batch=B,minimum-steps=S, or a CSV of such runs (batch,epochs or batch,steps)");
  verb->add_option("--batches", options->batches, "global batches that are compared by the time to the target: 256,512,1024");
  add_choice(*verb, "--by", options->by, "what the best has least of",
             {{"time", RankBy::time}, {"cost", RankBy::cost}, {"memory", RankBy::memory}});
  verb->add_option("--top", options->top, "strategies that are shown")->check(CLI::Range(1, 10'000))->capture_default_str();
  verb->add_flag("--exhaustive", options->exhaustive, "price also what a bound shows to be no better; what is found is the same");
  add_choice(*verb, "--confirm", options->confirm, "play the best in the simulator, too", {{"none", Confirm::none}, {"sim", Confirm::sim}});
  add_output_options(*verb, options->output);
  verb->footer(
      "Example:\n  forerun strategies --workload gpt3-175b --set workload.batch=1536 --set workload.precision=fp16 \\\n"
      "      --platform dgx-a100-80gb --set platform.nodes=64 --top 5\n\n"
      "Which batch reaches a target first:\n  forerun strategies --workload resnet50 --set workload.precision=fp16 --platform "
      "aws:p3.16xlarge \\\n"
      "      --epochs-to-target critical-batch=8192,reference-epochs=90,reference-batch=256 --batches 512,1024,2048,4096 --top 3\n\n"
      "Exit codes: 0 done, 1 no strategy fits, 2 command line, 3 bad input, 6 cannot be done here, 70 a bug.");
  verb->callback([options, &environment, &chosen] { chosen = [options, &environment] { return strategies(*options, environment); }; });
}

}  // namespace forerun
