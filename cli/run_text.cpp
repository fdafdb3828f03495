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

constexpr std::array<std::string_view, 15> kKeys{
    "run.steps",       "run.epochs",  "run.minimum-steps", "run.critical-batch",      "run.reference-epochs",    "run.reference-batch",
    "run.batch-steps", "run.startup", "run.evaluation",    "run.evaluation-interval", "run.checkpoint-interval", "run.checkpoint-mode",
    "run.market",      "run.seed",    "run.seeds"};
constexpr std::array<std::string_view, 5> kTargetKeys{"minimum-steps", "critical-batch", "reference-epochs", "reference-batch",
                                                      "batch-steps"};
constexpr double kMostEpochs = 1e9;
constexpr double kMostBatch = 1e15;
constexpr std::int64_t kMostSeeds = 10'000;
constexpr double kSmallest = std::numeric_limits<double>::min();

const Text* find(const std::vector<Text>& settings, std::string_view key) {
  const auto found = std::ranges::find(settings, key, &Text::key);
  return found == settings.end() ? nullptr : &*found;
}

template <class Enum, std::size_t N>
Enum parse_choice(const Text& text, const std::array<Enum, N>& values, const std::string& what) {
  std::array<std::string_view, N> names;
  for (std::size_t i = 0; i < N; ++i) {
    names[i] = to_string(values[i]);
    if (text.value == names[i]) return values[i];
  }
  throw BadInput(problem(text, what, listed(names), suggest(text.value, names)));
}

Problem without_data_set(const Text& epochs) {
  return problem(epochs, "counts epochs of a workload without a data set", "workload.samples=N");
}

/// Fitted to the pairs of a file.
StatisticalEfficiency read_efficiency(const Text& file, std::int64_t samples) {
  constexpr std::array<std::string_view, 1> kColumns = {"batch"};
  const CsvTable table = read_csv(file.value, kColumns);
  const bool in_steps = !table.rows.empty() && table.find(0, "steps") != nullptr;
  if (!in_steps && !table.rows.empty() && table.find(0, "epochs") == nullptr)
    throw BadInput(problem(file, "has no column of what the target took", "steps, epochs"));
  if (!in_steps && samples < 1) throw BadInput(without_data_set(file));
  std::vector<BatchSteps> pairs;
  Problems problems;
  for (std::size_t row = 0; row < table.rows.size(); ++row)
    problems.collect([&] {
      const double batch = parse_number(table.at(row, "batch"), 1, kMostBatch);
      const double steps = in_steps ? parse_number(table.at(row, "steps"), 1, static_cast<double>(kMostSteps))
                                    : parse_number(table.at(row, "epochs"), kSmallest, kMostEpochs) * static_cast<double>(samples) / batch;
      pairs.push_back({batch, steps});
    });
  problems.throw_if_any();
  auto fitted = fit_statistical_efficiency(pairs);
  if (const auto* no = std::get_if<Infeasible>(&fitted)) throw BadInput(problem(file, no->reason));
  return std::get<StatisticalEfficiency>(fitted);
}

/// The constants as they were given, by themselves or by a run that reached the target.
std::optional<StatisticalEfficiency> read_target(const std::vector<Text>& settings, std::int64_t samples, Problems& problems) {
  const auto read = [&](std::string_view key, double least, double most) {
    double value = 0;
    if (const Text* text = find(settings, key)) problems.collect([&] { value = parse_number(named(*text, "run"), least, most); });
    return value;
  };
  const double critical = read("critical-batch", 1, kMostBatch);
  const double steps = read("minimum-steps", 1, static_cast<double>(kMostSteps));
  const double epochs = read("reference-epochs", kSmallest, kMostEpochs);
  const double batch = read("reference-batch", 1, kMostBatch);
  if (epochs > 0 && batch > 0 && samples < 1) problems.add(without_data_set(named(*find(settings, "reference-epochs"), "run")));
  if (critical > 0 && steps > 0) return StatisticalEfficiency{steps, critical, {}};
  if (critical > 0 && epochs > 0 && batch > 0 && samples > 0)
    return StatisticalEfficiency{minimum_steps_of(epochs * static_cast<double>(samples), batch, critical), critical, {}};
  return {};
}

/// Refuses halves of a target, and what says it twice.
void check_target(const std::vector<Text>& settings, Problems& problems) {
  const auto has = [&](std::string_view key) { return find(settings, key) != nullptr; };
  const auto refuse = [&](std::string_view key, const std::string& what) {
    problems.add(problem(named(*find(settings, key), "run"), what));
  };
  if (has("batch-steps")) {
    for (const std::string_view key : kTargetKeys)
      if (key != "batch-steps" && has(key)) refuse(key, "cannot be given together with run.batch-steps");
    return;
  }
  if (has("minimum-steps") && !has("critical-batch")) refuse("minimum-steps", "needs run.critical-batch beside it");
  if (has("reference-epochs") && !has("critical-batch")) refuse("reference-epochs", "needs run.critical-batch beside it");
  if (has("reference-epochs") != has("reference-batch"))
    refuse(has("reference-epochs") ? "reference-epochs" : "reference-batch",
           has("reference-epochs") ? "needs run.reference-batch beside it" : "needs run.reference-epochs beside it");
  if (has("reference-epochs") && has("minimum-steps")) refuse("reference-epochs", "cannot be given together with run.minimum-steps");
  if (has("critical-batch") && !has("minimum-steps") && !has("reference-epochs") && !has("reference-batch"))
    refuse("critical-batch",
           "needs run.minimum-steps beside it, or a run that reached the target: run.reference-epochs and run.reference-batch");
}

void read_setting(const Text& setting, const Text& shown, std::int64_t samples, Run& run) {
  const std::string& key = setting.key;
  if (key == "steps")
    run.steps = parse_integer(shown, 1, kMostSteps);
  else if (key == "epochs")
    run.epochs = parse_number(shown, kSmallest, kMostEpochs);
  else if (key == "batch-steps")
    run.to_target = read_efficiency(shown, samples);
  else if (key == "startup")
    run.startup = parse_seconds(shown, Zero::allowed);
  else if (key == "evaluation")
    run.evaluation.samples = parse_integer(shown, 1, kMostSteps);
  else if (key == "evaluation-interval")
    run.evaluation.interval = parse_integer(shown, 1, kMostSteps);
  else if (key == "market")
    run.market = parse_choice(shown, std::array{Market::on_demand, Market::spot}, "unknown market");
  else if (key == "checkpoint-interval")
    run.checkpoints.interval = parse_integer(shown, 1, kMostSteps);
  else if (key == "checkpoint-mode")
    run.checkpoints.mode = parse_choice(shown, std::array{CheckpointMode::synchronous, CheckpointMode::asynchronous}, "unknown mode");
  else if (key == "seed")
    run.seed = static_cast<std::uint64_t>(parse_integer(shown, 0, kMostSeed));
  else if (key == "seeds")
    run.seeds = static_cast<int>(parse_integer(shown, 1, kMostSeeds));
  else if (std::ranges::find(kTargetKeys, key) == kTargetKeys.end())
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

std::span<const std::string_view> target_keys() { return kTargetKeys; }

Run read_run(const std::vector<Text>& settings, std::int64_t samples, Problems& problems) {
  Run run;
  for (const Text& setting : settings) problems.collect([&] { read_setting(setting, named(setting, "run"), samples, run); });
  if (const auto target = read_target(settings, samples, problems); target && !run.to_target) run.to_target = target;
  const auto together = [&](std::string_view one, std::string_view other) {
    if (const Text* text = find(settings, one); text != nullptr && find(settings, other) != nullptr)
      problems.add(problem(named(*text, "run"), "cannot be given together with run." + std::string(other)));
  };
  together("epochs", "steps");
  for (const std::string_view target : kTargetKeys)
    for (const std::string_view length : {"steps", "epochs"}) together(target, length);
  check_target(settings, problems);
  const auto needs = [&](std::string_view one, std::string_view other) {
    if (const Text* text = find(settings, one); text != nullptr && find(settings, other) == nullptr)
      problems.add(problem(named(*text, "run"), "needs run." + std::string(other) + " beside it"));
  };
  needs("evaluation-interval", "evaluation");
  needs("checkpoint-mode", "checkpoint-interval");
  return run;
}

void check_run_length(const Scenario& scenario, const std::vector<Text>& settings, Problems& problems) {
  const Text* given = nullptr;
  for (const std::string_view key : {"epochs", "minimum-steps", "reference-epochs", "batch-steps"})
    if (const Text* found = find(settings, key)) given = found;
  if (given == nullptr || scenario.workload.batch < 1) return;
  if (scenario.run.epochs && scenario.workload.samples < 1) return problems.add(without_data_set(named(*find(settings, "epochs"), "run")));
  try {
    run_steps(scenario);
  } catch (const BadInput& error) {
    Problem located = error.problems().front();
    located.file = given->file, located.line = given->line, located.column = given->column;
    problems.add(std::move(located));
  }
}

void refuse_run_of_data(const std::vector<Text>& settings, Problems& problems) {
  const auto refuse = [&](std::string_view key) {
    if (const Text* text = find(settings, key)) problems.add(problem(named(*text, "run"), "has no meaning here: a plan has no data set"));
  };
  for (const std::string_view key : {"epochs", "evaluation", "evaluation-interval"}) refuse(key);
  if (const Text* text = find(settings, "checkpoint-interval"))
    problems.add(problem(named(*text, "run"), "has no meaning here: a plan that is given does not say what a checkpoint holds"));
  std::ranges::for_each(kTargetKeys, refuse);
}

void refuse_whole_run(const std::vector<Text>& settings, Problems& problems) {
  const auto refuse = [&](std::string_view key) {
    if (const Text* text = find(settings, key))
      problems.add(problem(named(*text, "run"), "has no meaning here: train runs steps on this machine"));
  };
  for (const std::string_view key : {"evaluation", "evaluation-interval", "startup", "market", "seeds"}) refuse(key);
  std::ranges::for_each(kTargetKeys, refuse);
}

}  // namespace forerun
