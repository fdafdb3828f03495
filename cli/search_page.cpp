#include "cli/search_page.hpp"

#include <array>
#include <string_view>

#include "io/format.hpp"

namespace forerun {

using cherrypick::MeasuredJob;
using cherrypick::Trajectory;

namespace {

constexpr std::array kAfter{6, 10, 15};

std::string_view name_of(cherrypick::Method method) {
  constexpr std::array<std::string_view, 6> names{"random", "plain", "cold", "history", "predicted", "permuted"};
  return names[static_cast<std::size_t>(method)];
}

/// What is told of one workload and of all together alike.
Json figures(const std::vector<Trajectory>& trajectories) {
  Json after = Json::object();
  for (const int runs : kAfter) after[std::to_string(runs)] = cherrypick::ratio_after(trajectories, runs).mean;
  return {{"mean_runs_to_5_percent", cherrypick::runs_to_5_percent(trajectories).mean}, {"mean_cost_ratio_after", std::move(after)}};
}

std::vector<std::string> row(const std::string& name, const Json& figures) {
  std::vector<std::string> cells{name, forerun::format("{:.1f}", figures["mean_runs_to_5_percent"].get<double>())};
  for (const int runs : kAfter)
    cells.push_back(forerun::format("{:.3f}", figures["mean_cost_ratio_after"][std::to_string(runs)].get<double>()));
  return cells;
}

}  // namespace

Page replay_page(const std::vector<MeasuredJob>& jobs, const cherrypick::Protocol& protocol, const std::vector<Trajectory>& trajectories) {
  const bool time = protocol.objective == cherrypick::Objective::time;
  Page page;
  page.rows.header = {"workload", "runs to 5 %", "after 6", "after 10", "after 15"};
  const bool predicted = protocol.method == cherrypick::Method::predicted;
  if (predicted) page.rows.header.emplace_back("rank correlation");
  page.document = {{"schema_version", 1},
                   {"method", name_of(protocol.method)},
                   {"objective", time ? "time" : "cost"},
                   {"seeds", protocol.seeds},
                   {"workloads", Json::array()}};
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    std::vector<Trajectory> of_job;
    for (const Trajectory& each : trajectories)
      if (each.job == static_cast<int>(i)) of_job.push_back(each);
    Json job{{"workload", jobs[i].name}, {"group", jobs[i].group}, {"candidates", jobs[i].configurations.size()}};
    job.update(figures(of_job));
    page.rows.rows.push_back(row(jobs[i].name, job));
    if (predicted) {
      const std::optional<double> ranks = cherrypick::rank_correlation(jobs[i], protocol.objective);
      job["rank_correlation"] = to_json_value(ranks);
      page.rows.rows.back().push_back(ranks ? forerun::format("{:.2f}", *ranks) : "none");
    }
    page.document["workloads"].push_back(std::move(job));
  }
  const Json all = figures(trajectories);
  page.document.update(all);
  page.rows.rows.push_back(row("mean", all));
  page.rows.rows.back().resize(page.rows.header.size());
  page.text = text_table(page.rows) + forerun::format("{} of the best run so far over the best there is; start: {}; {} seeds\n",
                                                      time ? "time" : "cost", name_of(protocol.method), protocol.seeds);
  return page;
}

}  // namespace forerun
