// What stood after each run, as a page, a line and a picture tell it alike.
#include <algorithm>

#include "cli/search/report_page.hpp"
#include "cli/search/run_status.hpp"
#include "io/format.hpp"

namespace forerun {

using cherrypick::Objective;
using cherrypick::Outcome;
using cherrypick::StopReason;

std::string amount(Dollars amount) { return amount.value() >= 10 ? format("{:.2f}", amount.value()) : format("{:#.3g}", amount.value()); }

std::string human(Dollars amount) { return forerun::amount(amount) + " USD"; }

std::vector<RunFigures> figures_of(const SearchSession& session) {
  std::vector<RunFigures> rows;
  Dollars spent;
  std::optional<int> best;
  double least = 0;
  const cherrypick::Goal& goal = session.setup().goal;
  for (const SearchRun& run : session.runs()) {
    if (!run.told) continue;
    const cherrypick::Result result = result_of(*run.told);
    const cherrypick::Candidate& candidate = session.entry(run.candidate).candidate;
    const Dollars cost = cost_of(candidate, result);
    spent += cost;
    const bool within = is_feasible(goal, candidate, result);
    const double value = goal.objective == Objective::time ? result.time.value() : cost.value();
    if (within && (!best || value < least)) best = run.candidate, least = value;
    rows.push_back({&run, cost, spent, within, best});
  }
  return rows;
}

std::string run_line(const SearchSession& session, int number) {
  const std::vector<RunFigures> rows = figures_of(session);
  const auto row = std::ranges::find(rows, number, [](const RunFigures& each) { return each.run->number; });
  const Told& told = *row->run->told;
  std::string line = format("run {}: {}: ", number, told.candidate);
  if (told.status != "ok") line += told.status + (told.reason.empty() ? "" : " (" + told.reason + ")") + " after ";
  line += human(told.time) + ", " + human(row->cost);
  if (told.status == "ok" && !row->within) line += ", not within the limits";
  line += "; best so far: " + (rows.back().best ? session.name(*rows.back().best) : "none");
  return line + "; spent: " + human(rows.back().spent);
}

std::string why_over(SearchSession& session) {
  const auto reason = session.stopped();
  if (!reason) return "";
  const cherrypick::StoppingRule& rule = session.setup().stopping;
  switch (*reason) {
    case StopReason::spent: return format("the runs have cost {} of {}", human(session.search().spent()), human(*rule.spend));
    case StopReason::runs: return format("all of {} runs were made", *rule.runs);
    case StopReason::exhausted: return "every configuration has run";
    case StopReason::improvement: return format("the best next run is expected to improve less than {}", percent(rule.improvement));
  }
  return "";
}

ExitCode code_of(SearchSession& session) {
  const std::vector<RunFigures> rows = figures_of(session);
  if (rows.empty() || !rows.back().best) return ExitCode::no;
  const auto reason = session.stopped();
  return reason == StopReason::spent || reason == StopReason::runs ? ExitCode::budget : ExitCode::success;
}

}  // namespace forerun
