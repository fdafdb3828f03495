#include "cli/search_predictions.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "cli/search/run_status.hpp"
#include "io/csv.hpp"
#include "io/file.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"

namespace forerun {
namespace {

/// The place of a name among others.
std::size_t place(const Text& name, const std::vector<std::string>& names, const char* what) {
  const auto found = std::ranges::find(names, name.value);
  const std::vector<std::string_view> known(names.begin(), names.end());
  if (found == names.end())
    throw BadInput(problem(name, forerun::format("unknown {}", what), "one of the measured runs", suggest(name.value, known)));
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace

void add_predictions(const std::filesystem::path& file, std::vector<cherrypick::MeasuredJob>& jobs, std::string_view column) {
  const std::array<std::string_view, 3> required{"workload", "candidate", column};
  const CsvTable table = read_csv_text(read_file(file), file.string(), required);
  std::vector<std::string> names;
  for (cherrypick::MeasuredJob& job : jobs) {
    names.push_back(job.name);
    job.predicted.assign(job.configurations.size(), std::nullopt);
  }
  std::set<std::pair<std::size_t, std::size_t>> said;
  Problems problems;
  for (std::size_t row = 0; row < table.rows.size() && !problems.full(); ++row)
    problems.collect([&] {
      const Text &workload = table.at(row, "workload"), &candidate = table.at(row, "candidate"), &time = table.at(row, column);
      const std::size_t job = place(workload, names, "workload");
      const std::size_t which = place(candidate, jobs[job].configurations, "candidate");
      if (!said.emplace(job, which).second) throw BadInput(problem(candidate, "another row of this workload has this candidate"));
      if (time.value.empty()) return;
      const double seconds = parse_number(time, 0, kMostOfRun);
      if (seconds == 0) throw BadInput(problem(time, "must be above zero"));
      jobs[job].predicted[which] = Seconds(seconds);
    });
  for (const cherrypick::MeasuredJob& job : jobs)
    if (problems.empty() && std::ranges::none_of(job.predicted, [](const auto& time) { return time.has_value(); }))
      problems.add(Problem{.file = file.string(), .key = "workload", .what = "nothing is predicted of it", .got = job.name});
  problems.throw_if_any();
}

}  // namespace forerun
