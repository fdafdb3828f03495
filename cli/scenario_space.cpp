#include "cli/scenario_space.hpp"

#include <algorithm>
#include <set>

#include "cli/price_text.hpp"
#include "cli/scenario_features.hpp"
#include "cli/whatif_figures.hpp"
#include "core/error.hpp"
#include "costs/whole_run.hpp"
#include "io/format.hpp"
#include "io/json.hpp"

namespace forerun {
namespace {

/// Of what is excluded before anything is known of it: never used, for an excluded candidate is never run.
const cherrypick::DollarsPerSecond kNoRate = Dollars(1) / Seconds(3600);

/// A variant on its way into the space.
struct Row {
  const Variant* variant = nullptr;
  std::optional<ReadScenario> read;
  std::optional<cherrypick::DollarsPerSecond> rate;
  Prediction prediction;  ///< by the prior's engine, or by the oracle
  std::string excluded;
};

bool is_the_same(const Scenario& a, const Scenario& b) {
  return takes_the_same(a, b) && a.platform.price == b.platform.price && a.run.market == b.run.market;
}

/// Rows without those that an earlier one comes to as well.
std::vector<Row> different_rows(const std::vector<Variant>& variants, std::vector<ReadVariant> read) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const auto again = [&](const Row& row) {
      if (!read[i].read || !row.read) return variants[i].label() == row.variant->label();
      return is_the_same(read[i].read->scenario, row.read->scenario);
    };
    if (std::ranges::any_of(rows, again)) continue;
    rows.push_back({.variant = &variants[i], .read = std::move(read[i].read), .excluded = std::move(read[i].refused)});
  }
  return rows;
}

void add_rate(Row& row) {
  const Scenario& scenario = row.read->scenario;
  if (const auto cost = run_cost(scenario.platform, scenario.run.market, Seconds(1)); cost && *cost > Dollars(0))
    row.rate = *cost / Seconds(1);
  else
    row.excluded = forerun::format("no price of {} is known {}{}", scenario.platform.name, market_text(scenario.run.market),
                                   scenario.platform.price ? " in " + scenario.platform.price->region : std::string());
}

/// Predicts rows; those that differ in their price alone once.
void predict(std::vector<Row>& rows, Engine engine, const ProgressCallback& progress) {
  sim::SeedOptions seeds = usual_seeds();
  const Predictor predicted = predictor(engine, seeds);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Row& row = rows[i];
    if (!row.excluded.empty()) continue;
    if (progress) progress({static_cast<double>(i), static_cast<double>(rows.size()), "of the candidates"});
    const auto same = std::find_if(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(i), [&](const Row& earlier) {
      return earlier.read && earlier.prediction.step_time && takes_the_same(earlier.read->scenario, row.read->scenario);
    });
    try {
      row.prediction = same != rows.begin() + static_cast<std::ptrdiff_t>(i) ? same->prediction : predicted(row.read->scenario);
      if (row.prediction.status != Status::ok) row.excluded = row.prediction.reason;
    } catch (const MissingCapability& error) {
      row.excluded = error.what();
    }
  }
}

void check(const std::vector<Row>& rows, const ScenarioText& baseline) {
  for (const Row& row : rows)
    if (row.excluded.empty() && !row.prediction.total_time)
      throw BadInput(problem(baseline.workload, "nothing says how long the run is, and so nobody knows what it costs",
                             "run.steps, run.epochs, or steps to a target (docs/runs.md)"));
  if (std::ranges::any_of(rows, [](const Row& row) { return row.excluded.empty(); })) return;
  Problems problems;
  for (const Row& row : rows) problems.add(Problem{.file = row.variant->label(), .what = row.excluded});
  problems.throw_if_any();
}

/// The whole scenario, key by key; nodes and market in any case, since a command that rents machines has to know them.
std::vector<std::pair<std::string, std::string>> settings_of(const ReadScenario& read) {
  std::vector<std::pair<std::string, std::string>> settings;
  const Json scenario = scenario_json(read.text);
  const Platform& platform = read.scenario.platform;
  for (const char* key : {"workload", "platform", "strategy", "calibration"})
    if (!scenario[key].is_null()) settings.emplace_back(key, scenario[key].get<std::string>());
  if (platform.topology.kind != Topology::Kind::routes) settings.emplace_back("platform.nodes", std::to_string(platform.nodes));
  settings.emplace_back("run.market", to_string(read.scenario.run.market));
  for (const Json& setting : scenario["set"]) {
    const auto text_of = setting.get<std::string>();
    const std::string key = text_of.substr(0, text_of.find('='));
    std::erase_if(settings, [&](const auto& earlier) { return earlier.first == key; });  // of two the later holds
    settings.emplace_back(key, text_of.substr(key.size() + 1));
  }
  return settings;
}

void add_features(const std::vector<Row>& rows, SearchSpace& space) {
  std::vector<DescribedVariant> described;
  for (const Row& row : rows)
    if (row.excluded.empty()) {
      const Scenario& scenario = row.read->scenario;
      const double units = scenario.platform.devices() * std::max(1, scenario.platform.cores);
      described.push_back({&scenario, row.variant, row.rate->value() * 3600 / units});
    }
  const Descriptions descriptions = describe(described);
  space.features = feature_names(descriptions.all, cherrypick::Encoding::totals, descriptions.numbers, descriptions.words);
  const auto features = encode(descriptions.all, cherrypick::Encoding::totals);
  std::size_t next = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    cherrypick::Candidate& candidate = space.entries[i].candidate;
    if (rows[i].excluded.empty()) {
      const cherrypick::Description& of = descriptions.all[next];
      candidate.memory = of.memory_gib_per_node * of.nodes;
      candidate.features = features[next++];
    } else {
      candidate.features.assign(space.features.size(), 0);
    }
  }
}

std::vector<std::string> assumptions_of(const std::vector<Row>& rows, std::optional<Engine> prior, const std::string& today) {
  std::vector<std::string> list;
  const auto add = [&](std::string line) {
    if (!line.empty() && std::ranges::find(list, line) == list.end()) list.push_back(std::move(line));
  };
  for (const Row& row : rows)
    if (row.excluded.empty()) add(price_text(row.read->scenario.platform, row.read->scenario.run.market, today));
  if (std::ranges::any_of(rows, [](const Row& row) { return row.read && row.read->scenario.run.market == Market::spot; }))
    add(std::string(kSpotPriceAlone));
  for (const Row& row : rows)
    for (const std::string& line : row.prediction.assumptions)
      if (line.starts_with("scaled from")) add(row.read->scenario.platform.name + ": " + line);
  if (prior) add(forerun::format("predicted times are of the whole run, by the {}", *prior == Engine::oracle ? "oracle" : "simulator"));
  return list;
}

/// `resnet50, 450,360 steps`, and what all variants have in common of it.
std::string job_text(const std::vector<Row>& rows) {
  const auto first = std::ranges::find_if(rows, [](const Row& row) { return row.excluded.empty(); });
  const auto all = [&](auto&& same) {
    return std::ranges::all_of(rows, [&](const Row& row) { return !row.excluded.empty() || same(row); });
  };
  const Workload& workload = first->read->scenario.workload;
  std::string out = workload.name;
  if (!all([&](const Row& row) { return row.read->scenario.workload.name == workload.name; })) out = "several workloads";
  if (workload.batch > 0 && all([&](const Row& row) { return row.read->scenario.workload.batch == workload.batch; }))
    out += forerun::format(", batch {}", counted(workload.batch));
  if (first->prediction.steps && all([&](const Row& row) { return row.prediction.steps == first->prediction.steps; }))
    out += forerun::format(", {} steps", counted(*first->prediction.steps));
  return out;
}

}  // namespace

SearchSpace scenario_space(const ScenarioText& baseline, const std::vector<Variant>& variants, std::optional<Engine> prior,
                           VariantReader& reader, const ProgressCallback& progress) {
  if (variants.empty()) throw BadInput(Problem{.file = "search", .what = "nothing is varied", .allowed = "--vary or --change"});
  reader.read(baseline);  // what is wrong with it is said once, and not of each variant
  std::vector<Row> rows = different_rows(variants, read_all(variants, baseline, reader));
  for (Row& row : rows)
    if (row.read) add_rate(row);
  predict(rows, prior.value_or(Engine::oracle), progress);
  check(rows, baseline);
  SearchSpace space{.job = job_text(rows)};
  for (const Row& row : rows) {
    SpaceEntry entry{.candidate = {.name = row.variant->label(), .rate = row.rate.value_or(kNoRate), .excluded = row.excluded}};
    if (row.read) entry.settings = settings_of(*row.read);
    if (prior && row.excluded.empty()) entry.predicted = row.prediction.total_time;
    space.entries.push_back(std::move(entry));
  }
  add_features(rows, space);
  space.assumptions = assumptions_of(rows, prior, iso_date(reader.environment().now));
  return space;
}

Evaluated evaluate(const SpaceEntry& entry, Engine engine, VariantReader& reader) {
  const auto setting = [&](const std::string& key) {
    const auto found = std::ranges::find(entry.settings, key, &std::pair<std::string, std::string>::first);
    return found == entry.settings.end() ? Text{} : Text{found->second, "candidate", 0, 0, key};
  };
  ScenarioText text{.workload = setting("workload"),
                    .platform = setting("platform"),
                    .strategy = setting("strategy"),
                    .calibration = setting("calibration")};
  if (text.workload.value.empty())
    throw BadInput(
        Problem{.file = entry.candidate.name, .what = "is no scenario: an engine can evaluate only what --workload was given for"});
  for (const auto& [key, value] : entry.settings)
    if (key.find('.') != std::string::npos) text.settings.push_back({key + "=" + value, "candidate", 0, 0, ""});
  const ReadScenario read = reader.read(text);
  // What an engine cannot play it cannot play the next time either: no accident, which would be tried again.
  try {
    const Prediction prediction = predictor(engine)(read.scenario);
    if (prediction.status == Status::ok)
      return {.result = {.outcome = cherrypick::Outcome::ok, .time = *prediction.total_time, .cost = prediction.cost}};
    return {.result = {.outcome = cherrypick::Outcome::oom},
            .reason = prediction.reason,
            .status = prediction.status == Status::failed ? "failed" : "oom"};
  } catch (const MissingCapability& error) {
    return {.result = {.outcome = cherrypick::Outcome::oom}, .reason = error.what(), .status = "failed"};
  }
}

}  // namespace forerun
