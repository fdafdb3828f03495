#include "cli/search/report_page.hpp"

#include <algorithm>

#include "io/format.hpp"

namespace forerun {

using cherrypick::Estimate;
using cherrypick::Objective;

namespace {

std::string goal_text(const SearchSetup& setup) {
  const cherrypick::Goal& goal = setup.goal;
  std::string text = goal.objective == Objective::cost   ? "least cost"
                     : goal.objective == Objective::time ? "least time"
                                                         : "least cost and least time";
  if (goal.deadline) text += format(", within {}", human(*goal.deadline));
  if (goal.budget) text += format(", for at most {}", human(*goal.budget));
  return text;
}

Json estimate_json(const SearchSession& session, const std::optional<Estimate>& estimate) {
  if (!estimate) return nullptr;
  const Estimate& of = *estimate;
  return {{"candidate", session.name(of.candidate)},
          {"usd", of.cost.value()},
          {"usd_p05", of.least_cost.value()},
          {"usd_p95", of.most_cost.value()},
          {"seconds", of.time.value()},
          {"seconds_p05", of.least_time.value()},
          {"seconds_p95", of.most_time.value()},
          {"settings", settings_json(session.entry(of.candidate))}};
}

std::string estimate_text(const SearchSession& session, const Estimate& of) {
  return format("{}: {} ({} to {}), {} ({} to {})", session.name(of.candidate), human(of.cost), amount(of.least_cost), amount(of.most_cost),
                human(of.time), human(of.least_time), human(of.most_time));
}

Json runs_json(const SearchSession& session) {
  Json runs = Json::array();
  for (const RunFigures& row : figures_of(session)) {
    const Told& told = *row.run->told;
    runs.push_back({{"run", row.run->number},
                    {"candidate", told.candidate},
                    {"status", told.status},
                    {"reason", told.reason.empty() ? Json(nullptr) : Json(told.reason)},
                    {"within_limits", row.within},
                    {"seconds", told.time.value()},
                    {"usd", row.cost.value()},
                    {"spent_usd", row.spent.value()},
                    {"best_so_far", row.best ? Json(session.name(*row.best)) : Json(nullptr)}});
  }
  return runs;
}

Table runs_table(const SearchSession& session) {
  Table table{.header = {"run", "candidate", "status", "time", "USD", "spent", "best so far", "why"}};
  for (const RunFigures& row : figures_of(session)) {
    const Told& told = *row.run->told;
    const bool late = told.status == "ok" && !row.within;
    table.rows.push_back({std::to_string(row.run->number), told.candidate, told.status, human(told.time), amount(row.cost),
                          amount(row.spent), row.best ? session.name(*row.best) : "", late ? "not within the limits" : told.reason});
  }
  return table;
}

Json names(const SearchSession& session, const std::vector<int>& ids) {
  Json out = Json::array();
  for (const int id : ids) out.push_back(session.name(id));
  return out;
}

/// What is believed of the best, in lines.
std::string belief(const SearchSession& session, const cherrypick::Answer& answer) {
  std::string text;
  if (!answer.best) return "no run was within the limits\n";
  text += "best:       " + estimate_text(session, *answer.best) + "\n";
  if (answer.runner_up) text += "runner-up:  " + estimate_text(session, *answer.runner_up) + "\n";
  text += "            in brackets what nine tenths of the belief lie between; " + format("runs scatter by {}\n", percent(answer.noise));
  if (session.setup().goal.objective == Objective::front) {
    text += "front:      ";
    for (const int id : answer.front) text += (id == answer.front.front() ? "" : ", ") + session.name(id);
    text += " (by rising cost; none is beaten in both)\n";
  }
  if (answer.chance_of_better)
    text += format("untried:    with a chance of {} one is more than 5 % better\n", percent(*answer.chance_of_better));
  else if (session.setup().goal.objective != Objective::front)
    text += "untried:    what they may take is not known yet: all runs so far count alike\n";
  if (answer.trust) text += format("simulator:  its predictions are trusted to {}\n", percent(*answer.trust));
  return text;
}

std::string whats_next(SearchSession& session) {
  std::string text;
  for (const SearchRun& run : session.under_way()) text += format("under way:  run {}: {}\n", run.number, session.name(run.candidate));
  for (const int id : session.asked()) text += format("asked for:  {}\n", session.name(id));
  if (const std::string over = why_over(session); !over.empty()) return text + "over:       " + over + "\n";
  if (const auto improvement = session.expected_improvement())
    text += format("goes on:    the best next run is expected to improve {}\n", percent(*improvement));
  else
    text += "goes on:    `forerun search ask` names what to run next\n";
  return text;
}

/// Why configurations are not tried: some of the reasons, for people.
std::string excluded_text(const std::vector<SpaceEntry>& entries) {
  constexpr int kMost = 8;
  std::string text;
  int left = 0;
  for (const SpaceEntry& entry : entries)
    if (const std::string& reason = entry.candidate.excluded; !reason.empty() && ++left <= kMost)
      text += "excluded:   " + entry.candidate.name + ": " + reason + "\n";
  return left > kMost ? text + format("excluded:   {} more, all of them with --format json\n", left - kMost) : text;
}

Json excluded_json(const std::vector<SpaceEntry>& entries) {
  Json all = Json::array();
  for (const SpaceEntry& entry : entries)
    if (!entry.candidate.excluded.empty()) all.push_back({{"candidate", entry.candidate.name}, {"reason", entry.candidate.excluded}});
  return all;
}

}  // namespace

Page ask_page(const SearchSession& session) {
  const std::vector<int>& ids = session.asked();
  Page page{.document = {{"schema_version", 1}, {"candidates", Json::array()}, {"under_way", Json::array()}}};
  page.rows.header = {"candidate"};
  const auto column = [&](const std::string& key) {
    const auto found = std::ranges::find(page.rows.header, key);
    if (found == page.rows.header.end()) page.rows.header.push_back(key);
    return static_cast<std::size_t>(std::ranges::find(page.rows.header, key) - page.rows.header.begin());
  };
  for (const int id : ids) {
    const SpaceEntry& entry = session.entry(id);
    page.document["candidates"].push_back({{"candidate", entry.candidate.name}, {"settings", settings_json(entry)}});
    std::vector<std::string>& row = page.rows.rows.emplace_back(std::vector<std::string>{entry.candidate.name});
    for (const auto& [key, value] : entry.settings) {
      const std::size_t at = column(key);
      if (row.size() <= at) row.resize(at + 1);
      row[at] = value;
    }
  }
  for (auto& row : page.rows.rows) row.resize(page.rows.header.size());
  std::string running;
  for (const SearchRun& run : session.under_way()) {
    page.document["under_way"].push_back(session.name(run.candidate));
    running += format("under way:  run {}: {}\n", run.number, session.name(run.candidate));
  }
  if (!ids.empty())
    page.text = text_table(page.rows) + running;
  else
    page.text = running.empty() ? "nothing to run: the search is over\n" : "nothing to run beside what is under way\n" + running;
  return page;
}

Page report_page(SearchSession& session) {
  const SearchSetup& setup = session.setup();
  const auto& entries = setup.space.entries;
  const auto excluded = std::ranges::count_if(entries, [](const SpaceEntry& entry) { return !entry.candidate.excluded.empty(); });
  const cherrypick::Answer answer = session.search().answer();
  const auto stopped = session.stopped();
  Page page{.document = {{"schema_version", 1},
                         {"job", setup.space.job},
                         {"objective", to_json(setup)["goal"]["objective"]},
                         {"deadline_s", to_json_value(setup.goal.deadline)},
                         {"budget_usd", to_json_value(setup.goal.budget)},
                         {"candidates", entries.size()},
                         {"excluded", excluded},
                         {"runs", runs_json(session)}}};
  page.document["excluded_reasons"] = excluded_json(entries);
  page.document["under_way"] = Json::array();
  for (const SearchRun& run : session.under_way()) page.document["under_way"].push_back(session.name(run.candidate));
  page.document["asked"] = names(session, session.asked());
  page.document["spent_usd"] = session.search().spent().value();
  page.document["best"] = estimate_json(session, answer.best);
  page.document["runner_up"] = estimate_json(session, answer.runner_up);
  page.document["front"] = names(session, answer.front);
  page.document["chance_of_better"] = to_json_value(answer.chance_of_better);
  page.document["trust"] = to_json_value(answer.trust);
  page.document["noise"] = answer.best ? Json(answer.noise) : Json(nullptr);
  page.document["stopped"] = stopped ? Json(to_string(*stopped)) : Json(nullptr);
  page.document["expected_improvement"] = stopped ? Json(nullptr) : to_json_value(session.expected_improvement());
  page.document["assumptions"] = setup.space.assumptions;
  page.rows = rows_of(page.document["runs"],
                      {"run", "candidate", "status", "reason", "within_limits", "seconds", "usd", "spent_usd", "best_so_far"});
  page.text = format("{}: {}; {} configurations{}; {} past jobs\n\n", setup.space.job, goal_text(setup), entries.size(),
                     excluded > 0 ? format(", {} excluded", excluded) : "", setup.history.size());
  const Table runs = runs_table(session);
  page.text += runs.rows.empty() ? "no runs yet\n" : text_table(runs);
  page.text += "\n" + (runs.rows.empty() ? "" : belief(session, answer)) + whats_next(session);
  page.text += excluded_text(entries);
  for (const std::string& assumption : setup.space.assumptions) page.text += "assumed:    " + assumption + "\n";
  return page;
}

}  // namespace forerun
