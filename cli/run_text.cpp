#include "cli/run_text.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "core/limits.hpp"
#include "costs/statistical_efficiency.hpp"
#include "costs/whole_run.hpp"
#include "io/csv.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"

namespace forerun {
namespace {

constexpr std::array<std::string_view, 10> kKeys{"run.steps",       "run.epochs",  "run.minimum-steps", "run.critical-batch",
                                                 "run.batch-steps", "run.startup", "run.evaluation",    "run.evaluation-interval",
                                                 "run.market",      "run.seed"};
constexpr double kMostEpochs = 1e9;
constexpr double kMostBatch = 1e15;
constexpr double kSmallest = std::numeric_limits<double>::min();

const Text* find(const std::vector<Text>& settings, std::string_view key) {
  const auto found = std::ranges::find(settings, key, &Text::key);
  return found == settings.end() ? nullptr : &*found;
}

Market parse_market(const Text& text) {
  constexpr std::array kMarkets = {Market::on_demand, Market::spot};
  std::array<std::string_view, kMarkets.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = to_string(kMarkets[i]);
    if (text.value == names[i]) return kMarkets[i];
  }
  throw BadInput(problem(text, "unknown market", listed(names), suggest(text.value, names)));
}

/// Fitted to the pairs of a file.
StatisticalEfficiency read_efficiency(const Text& file) {
  constexpr std::array<std::string_view, 2> kColumns = {"batch", "steps"};
  const CsvTable table = read_csv(file.value, kColumns);
  std::vector<BatchSteps> pairs;
  Problems problems;
  for (std::size_t row = 0; row < table.rows.size(); ++row)
    problems.collect([&] {
      pairs.push_back(
          {parse_number(table.at(row, "batch"), 1, kMostBatch), parse_number(table.at(row, "steps"), 1, static_cast<double>(kMostSteps))});
    });
  problems.throw_if_any();
  auto fitted = fit_statistical_efficiency(pairs);
  if (const auto* no = std::get_if<Infeasible>(&fitted)) throw BadInput(problem(file, no->reason));
  return std::get<FittedEfficiency>(fitted).efficiency;
}

void read_setting(const Text& setting, const Text& shown, Run& run) {
  const std::string& key = setting.key;
  const auto target = [&]() -> StatisticalEfficiency& { return run.to_target ? *run.to_target : run.to_target.emplace(); };
  if (key == "steps")
    run.steps = parse_integer(shown, 1, kMostSteps);
  else if (key == "epochs")
    run.epochs = parse_number(shown, kSmallest, kMostEpochs);
  else if (key == "minimum-steps")
    target().minimum_steps = parse_number(shown, 1, static_cast<double>(kMostSteps));
  else if (key == "critical-batch")
    target().critical_batch = parse_number(shown, 1, kMostBatch);
  else if (key == "batch-steps")
    run.to_target = read_efficiency(shown);
  else if (key == "startup")
    run.startup = parse_seconds(shown, Zero::allowed);
  else if (key == "evaluation")
    run.evaluation.samples = parse_integer(shown, 1, kMostSteps);
  else if (key == "evaluation-interval")
    run.evaluation.interval = parse_integer(shown, 1, kMostSteps);
  else if (key == "market")
    run.market = parse_market(shown);
  else if (key == "seed")
    run.seed = static_cast<std::uint64_t>(parse_integer(shown, 0, kMostSeed));
  else
    throw BadInput(unknown_setting(setting, shown.key, kKeys));
}

}  // namespace

Text named(const Text& setting, std::string_view prefix) {
  Text shown = setting;
  shown.key = std::string(prefix) + "." + setting.key;
  return shown;
}

Problem unknown_setting(const Text& setting, const std::string& key, std::span<const std::string_view> known) {
  Text shown = setting;
  shown.key.clear();
  shown.value = key;
  return problem(shown, "unknown setting", listed(known), suggest(key, known));
}

std::span<const std::string_view> run_keys() { return kKeys; }

Run read_run(const std::vector<Text>& settings, Problems& problems) {
  Run run;
  for (const Text& setting : settings) problems.collect([&] { read_setting(setting, named(setting, "run"), run); });
  const auto together = [&](std::string_view one, std::string_view other) {
    if (const Text* text = find(settings, one); text != nullptr && find(settings, other) != nullptr)
      problems.add(problem(named(*text, "run"), "cannot be given together with run." + std::string(other)));
  };
  together("epochs", "steps");
  for (const std::string_view target : {"minimum-steps", "critical-batch", "batch-steps"})
    for (const std::string_view length : {"steps", "epochs"}) together(target, length);
  for (const std::string_view half : {"minimum-steps", "critical-batch"}) together(half, "batch-steps");
  const auto needs = [&](std::string_view one, std::string_view other) {
    if (const Text* text = find(settings, one); text != nullptr && find(settings, other) == nullptr)
      problems.add(problem(named(*text, "run"), "needs run." + std::string(other) + " beside it"));
  };
  if (find(settings, "batch-steps") == nullptr) needs("minimum-steps", "critical-batch"), needs("critical-batch", "minimum-steps");
  needs("evaluation-interval", "evaluation");
  return run;
}

void check_run_length(const Scenario& scenario, const std::vector<Text>& settings, Problems& problems) {
  const Text* given = nullptr;
  for (const std::string_view key : {"epochs", "minimum-steps", "batch-steps"})
    if (const Text* found = find(settings, key)) given = found;
  if (given == nullptr || scenario.workload.batch < 1) return;
  try {
    run_steps(scenario);
  } catch (const BadInput& error) {
    Problem located = error.problems().front();
    located.file = given->file, located.line = given->line, located.column = given->column;
    problems.add(std::move(located));
  }
}

void refuse_run_of_data(const std::vector<Text>& settings, Problems& problems) {
  for (const std::string_view key : {"epochs", "minimum-steps", "critical-batch", "batch-steps", "evaluation", "evaluation-interval"})
    if (const Text* text = find(settings, key)) problems.add(problem(named(*text, "run"), "has no meaning here: a trace has no data set"));
}

void refuse_whole_run(const std::vector<Text>& settings, Problems& problems) {
  for (const std::string_view key :
       {"minimum-steps", "critical-batch", "batch-steps", "evaluation", "evaluation-interval", "startup", "market"})
    if (const Text* text = find(settings, key))
      problems.add(problem(named(*text, "run"), "has no meaning here: train runs steps on this machine"));
}

}  // namespace forerun
