#include "cli/search/setup.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "cli/search/run_status.hpp"

namespace forerun {

using cherrypick::Objective;

namespace {

constexpr int kSearchSchema = 1;
constexpr double kLargest = 1e300;
constexpr double kSmallest = std::numeric_limits<double>::min();
constexpr std::array<std::string_view, 3> kObjectives{"cost", "time", "both"};

Json entry_json(const SpaceEntry& entry) {
  const cherrypick::Candidate& candidate = entry.candidate;
  Json json{{"candidate", candidate.name},
            {"rate_usd_per_s", candidate.rate.value()},
            {"features", candidate.features},
            {"memory", candidate.memory}};
  if (!candidate.excluded.empty()) json["excluded"] = candidate.excluded;
  if (entry.predicted) json["predicted_s"] = entry.predicted->value();
  json["settings"] = settings_json(entry);
  return json;
}

SpaceEntry read_entry(const JournalLine& line) {
  SpaceEntry entry{.candidate = {.name = line.text("candidate"),
                                 .rate = cherrypick::DollarsPerSecond(line.number("rate_usd_per_s", kSmallest, kLargest)),
                                 .features = line.numbers("features"),
                                 .memory = line.number("memory", 0, kLargest),
                                 .excluded = line.text_or_empty("excluded")},
                   .settings = line.text_by_key("settings")};
  if (const auto seconds = line.optional_number("predicted_s", kSmallest, kLargest)) entry.predicted = Seconds(*seconds);
  return entry;
}

Json history_json(const SearchSetup& setup) {
  Json jobs = Json::array();
  for (const NamedPastJob& job : setup.history) {
    Json results = Json::array();
    for (std::size_t i = 0; i < job.results.size(); ++i) {
      const auto& result = job.results[i];
      if (!result) continue;
      results.push_back({{"candidate", setup.space.entries[i].candidate.name},
                         {"status", to_string(result->outcome)},
                         {"seconds", result->time.value()}});
      if (result->cost) results.back()["usd"] = result->cost->value();
    }
    jobs.push_back({{"job", job.name}, {"results", std::move(results)}});
  }
  return jobs;
}

using Ids = std::map<std::string, std::size_t, std::less<>>;

NamedPastJob read_past_job(const JournalLine& line, const Ids& ids) {
  NamedPastJob job{line.text("job"), cherrypick::PastJob(ids.size())};
  for (const JournalLine& result : line.objects("results")) {
    const auto found = ids.find(result.text("candidate"));
    if (found == ids.end()) result.refuse("candidate", "is none of the space");
    check_status({.value = result.text("status"), .key = "status"});
    auto& past = job.results[found->second];
    past = cherrypick::Result{outcome_of(result.text("status")), Seconds(result.number("seconds", 0, kLargest))};
    if (const auto usd = result.optional_number("usd", 0, kLargest)) past->cost = Dollars(*usd);
  }
  return job;
}

cherrypick::Goal read_goal(const JournalLine& line) {
  cherrypick::Goal goal;
  const auto objective = std::ranges::find(kObjectives, line.text("objective"));
  if (objective == kObjectives.end()) line.refuse("objective", "is neither cost, time nor both");
  goal.objective = static_cast<Objective>(objective - kObjectives.begin());
  if (const auto deadline = line.optional_number("deadline_s", kSmallest, kLargest)) goal.deadline = Seconds(*deadline);
  if (const auto budget = line.optional_number("budget_usd", kSmallest, kLargest)) goal.budget = Dollars(*budget);
  return goal;
}

cherrypick::StoppingRule read_stopping(const JournalLine& line) {
  cherrypick::StoppingRule rule;
  if (const auto spend = line.optional_number("spend_usd", kSmallest, kLargest)) rule.spend = Dollars(*spend);
  if (const auto runs = line.optional_number("runs", 1, 1e9)) rule.runs = static_cast<int>(*runs);
  rule.improvement = line.number("improvement", 0, 1);
  rule.least_runs = static_cast<int>(line.number("least_runs", 0, 1e9));
  return rule;
}

}  // namespace

Json settings_json(const SpaceEntry& entry) {
  Json json = Json::object();
  for (const auto& [key, value] : entry.settings) json[key] = value;
  return json;
}

Json to_json(const SearchSetup& setup) {
  Json json{{"forerun", "search"}, {"schema_version", kSearchSchema}, {"date", setup.date}, {"job", setup.space.job}};
  json["goal"] = {{"objective", kObjectives[static_cast<std::size_t>(setup.goal.objective)]},
                  {"deadline_s", to_json_value(setup.goal.deadline)},
                  {"budget_usd", to_json_value(setup.goal.budget)}};
  json["stopping"] = {{"spend_usd", to_json_value(setup.stopping.spend)},
                      {"runs", to_json_value(setup.stopping.runs)},
                      {"improvement", setup.stopping.improvement},
                      {"least_runs", setup.stopping.least_runs}};
  json["seed"] = setup.seed;
  json["features"] = setup.space.features;
  json["assumptions"] = setup.space.assumptions;
  json["entries"] = Json::array();
  for (const SpaceEntry& entry : setup.space.entries) json["entries"].push_back(entry_json(entry));
  json["history"] = history_json(setup);
  return json;
}

SearchSetup read_setup(const JournalLine& line) {
  if (line.text("forerun") != "search") line.refuse("forerun", "is no journal of a search");
  if (line.count("schema_version") != kSearchSchema) line.refuse("schema_version", "is not known to this version of forerun");
  SearchSetup setup{.goal = read_goal(line.object("goal")),
                    .stopping = read_stopping(line.object("stopping")),
                    .seed = line.count("seed"),
                    .date = line.text("date")};
  setup.space = {.job = line.text("job"), .features = line.texts("features"), .assumptions = line.texts("assumptions")};
  Ids ids;
  for (const JournalLine& entry : line.objects("entries")) {
    setup.space.entries.push_back(read_entry(entry));
    if (!ids.emplace(setup.space.entries.back().candidate.name, ids.size()).second) entry.refuse("candidate", "stands there twice");
  }
  for (const JournalLine& job : line.objects("history")) setup.history.push_back(read_past_job(job, ids));
  return setup;
}

cherrypick::Catalogue catalogue_of(const SearchSpace& space) {
  cherrypick::Catalogue catalogue;
  for (const SpaceEntry& entry : space.entries) catalogue.push_back(entry.candidate);
  return catalogue;
}

cherrypick::SearchOptions options_of(const SearchSetup& setup) {
  cherrypick::SearchOptions options{.goal = setup.goal, .stopping = setup.stopping, .seed = setup.seed};
  for (const NamedPastJob& job : setup.history) options.history.push_back(job.results);
  const auto& entries = setup.space.entries;
  if (std::ranges::any_of(entries, [](const SpaceEntry& entry) { return entry.predicted.has_value(); }))
    for (const SpaceEntry& entry : entries) options.predicted.push_back(entry.predicted);
  return options;
}

}  // namespace forerun
