#include "cli/search/past_jobs.hpp"

#include <algorithm>
#include <map>

#include "cli/search_table.hpp"
#include "core/error.hpp"
#include "io/suggest.hpp"

namespace forerun {

using cherrypick::MeasuredJob;
using cherrypick::PastJob;

namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, std::string what, std::string got = "", std::string allowed = "") {
  throw BadInput(Problem{.file = file.string(), .what = std::move(what), .got = std::move(got), .allowed = std::move(allowed)});
}

/// A job's results by entry of the space, with what was paid where the table has it.
PastJob results_on(const MeasuredJob& job, const SearchSpace& space) {
  std::map<std::string_view, std::size_t> rows;
  for (std::size_t i = 0; i < job.configurations.size(); ++i) rows.emplace(job.configurations[i], i);
  PastJob results(space.entries.size());
  for (std::size_t i = 0; i < results.size(); ++i)
    if (const auto row = rows.find(space.entries[i].candidate.name); row != rows.end()) results[i] = job.results[row->second];
  return results;
}

bool ran_on_any(const PastJob& results) {
  return std::ranges::any_of(results, [](const auto& result) { return result.has_value(); });
}

}  // namespace

std::vector<NamedPastJob> read_past_jobs(const std::filesystem::path& file, const SearchSpace& space) {
  const std::vector<MeasuredJob> jobs = read_search_table(file);
  const auto own = std::ranges::find(jobs, space.job, &MeasuredJob::name);
  const std::string group = own != jobs.end() ? own->group : space.job;
  std::vector<NamedPastJob> past;
  std::size_t others = 0;
  for (const MeasuredJob& job : jobs) {
    if (job.name == space.job || job.group == group) continue;
    ++others;
    PastJob results = results_on(job, space);
    if (ran_on_any(results)) past.push_back({job.name, std::move(results)});
  }
  if (others == 0) refuse(file, "has no past jobs, only this one", space.job);
  if (past.empty()) refuse(file, "has no run on a candidate of the space");
  return past;
}

std::vector<std::optional<cherrypick::Result>> read_measured_runs(const std::filesystem::path& file, const SearchSpace& space) {
  const std::vector<MeasuredJob> jobs = read_search_table(file);
  auto job = std::ranges::find(jobs, space.job, &MeasuredJob::name);
  if (job == jobs.end() && jobs.size() > 1) {
    std::vector<std::string_view> names;
    for (const MeasuredJob& each : jobs) names.push_back(each.name);
    refuse(file, "has several workloads, none of which is this search's job", space.job, listed(names));
  }
  if (job == jobs.end()) job = jobs.begin();
  // Where the table does not say what was paid, its own price counts.
  MeasuredJob paid = *job;
  for (std::size_t i = 0; i < paid.results.size(); ++i)
    if (!paid.results[i].cost) paid.results[i].cost = paid.rates[i] * paid.results[i].time;
  PastJob results = results_on(paid, space);
  for (std::size_t i = 0; i < results.size(); ++i)
    if (const auto& candidate = space.entries[i].candidate; !results[i] && candidate.excluded.empty())
      refuse(file, "has no run of a candidate that may be asked for", candidate.name);
  return results;
}

}  // namespace forerun
