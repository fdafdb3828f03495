#include <algorithm>

#include "cherrypick/acquisition.hpp"
#include "cli/search/report_page.hpp"
#include "cli/time_unit.hpp"
#include "io/format.hpp"
#include "report/scatter.hpp"

namespace forerun {
namespace {

std::string label_of(const RunFigures& row) {
  const Told& told = *row.run->told;
  return format("{}: {}, {}{}", told.candidate, human(told.time), human(row.cost), row.within ? "" : ", not within the limits");
}

/// Candidates that no other is both faster and cheaper than, of runs within the limits.
std::vector<int> front_of_runs(const std::vector<RunFigures>& rows) {
  std::vector<cherrypick::FrontPoint> points;
  for (const RunFigures& row : rows)
    if (row.within) points.push_back({row.cost.value(), row.run->told->time.value(), row.run->number});
  std::vector<int> numbers;
  for (const auto& point : cherrypick::front_of(points)) numbers.push_back(point.candidate);
  return numbers;
}

}  // namespace

std::string report_plot(const SearchSession& session) {
  const std::vector<RunFigures> rows = figures_of(session);
  const std::vector<int> front = front_of_runs(rows);
  const auto best = session.search().answer().best;
  double longest_s = 0;
  for (const RunFigures& row : rows)
    if (row.run->told->status == "ok") longest_s = std::max(longest_s, row.run->told->time.value());
  const TimeUnit unit = unit_of(longest_s);
  report::Scatter scatter{.title = session.setup().space.job + ": time against cost of the runs, in their order",
                          .x_title = format("time of a run, {}", unit.name),
                          .y_title = "cost of a run, USD",
                          .here = "best",
                          .front = "green: none is both faster and cheaper"};
  bool marked = false;
  std::string failed;
  for (const RunFigures& row : rows) {
    const Seconds time = row.run->told->time;
    // What a failure took is no time of the job: its place would look like a good one.
    if (row.run->told->status != "ok") failed += (failed.empty() ? "; failed: " : ", ") + std::to_string(row.run->number);
    if (row.run->told->status != "ok" || !(row.cost > Dollars(0))) continue;
    const bool here = !marked && row.within && best && best->candidate == row.run->candidate;
    marked = marked || here;
    scatter.points.push_back({.x = time.value() / unit.seconds,
                              .y = row.cost.value(),
                              .label = label_of(row),
                              .front = std::ranges::find(front, row.run->number) != front.end(),
                              .here = here,
                              .number = row.run->number});
  }
  scatter.front += failed;
  if (const auto& deadline = session.setup().goal.deadline) {
    scatter.x_limit = deadline->value() / unit.seconds;
    scatter.limit = "deadline";
  }
  return scatter.points.empty() ? std::string() : report::scatter_svg(scatter);
}

}  // namespace forerun
