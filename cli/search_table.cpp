#include "cli/search_table.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "cli/search/columns.hpp"
#include "cli/search/run_status.hpp"
#include "io/csv.hpp"
#include "io/file.hpp"
#include "io/format.hpp"

namespace forerun {

using cherrypick::MeasuredJob;
using cherrypick::Outcome;

namespace {

constexpr std::array<std::string_view, 3> kRequired{"workload", "candidate", "seconds"};

/// Reads one row into its job.
class RowReader {
 public:
  RowReader(const CsvTable& table, std::size_t row, const std::vector<FeatureColumn>& features)
      : table_(table), row_(row), features_(features) {}

  void read_into(MeasuredJob& job) const {
    const Text& candidate = table_.at(row_, "candidate");
    if (std::ranges::find(job.configurations, name_in(table_, row_, "candidate")) != job.configurations.end())
      throw BadInput(problem(candidate, "another row of this workload has this candidate"));
    cherrypick::Description description = read_description(table_, row_, features_);
    cherrypick::Result result{status(), Seconds(seconds())};
    const Price price = price_of(result.time);
    result.cost = price.paid;
    job.rates.push_back(price.rate);
    job.configurations.push_back(candidate.value);
    job.descriptions.push_back(std::move(description));
    job.results.push_back(result);
  }

 private:
  [[nodiscard]] double seconds() const {
    const std::optional<double> seconds = positive_in(table_, row_, "seconds");
    if (!seconds) throw BadInput(problem(table_.at(row_, "seconds"), "is empty", "the seconds that the run took, or until it failed"));
    return *seconds;
  }

  [[nodiscard]] Outcome status() const {
    const Text* text = table_.find(row_, "status");
    if (text == nullptr || text->value.empty()) return Outcome::ok;
    check_status(*text);
    return outcome_of(text->value);
  }

  struct Price {
    cherrypick::DollarsPerSecond rate;
    std::optional<Dollars> paid;
  };

  /// An hour's price, or what the run cost over the time that it took. What was paid stands beside an hour's price where both are known.
  [[nodiscard]] Price price_of(Seconds time) const {
    constexpr double kHour = 3600;
    const std::optional<double> per_hour = positive_in(table_, row_, "usd_per_h");
    const std::optional<double> cost = positive_in(table_, row_, "usd");
    if (per_hour) return {Dollars(*per_hour) / Seconds(kHour), cost ? std::optional(Dollars(*cost)) : std::nullopt};
    if (cost) return {Dollars(*cost) / time, std::nullopt};
    Text where = table_.at(row_, "candidate");
    where.key = "usd_per_h";
    throw BadInput(problem(where, "the row has neither a price an hour nor a cost", "usd_per_h or usd"));
  }

  const CsvTable& table_;
  std::size_t row_;
  const std::vector<FeatureColumn>& features_;
};

void check(const MeasuredJob& job, std::string_view file, Problems& problems) {
  const bool any = std::ranges::any_of(job.results, [](const cherrypick::Result& run) { return run.outcome == Outcome::ok; });
  if (!any) problems.add(Problem{.file = std::string(file), .key = "workload", .what = "no run of it went well", .got = job.name});
  if (job.results.size() < 2)
    problems.add(
        Problem{.file = std::string(file), .key = "workload", .what = "has one candidate, which leaves no choice", .got = job.name});
}

}  // namespace

std::vector<MeasuredJob> read_search_table(const std::filesystem::path& file) {
  return read_search_table_text(read_file(file), file.string());
}

std::vector<MeasuredJob> read_search_table_text(std::string_view text, std::string_view name) {
  const CsvTable table = read_csv_text(text, name, kRequired);
  if (table.rows.empty()) throw BadInput(Problem{.file = std::string(name), .what = "holds no runs, only its head line"});
  const std::vector<FeatureColumn> features = feature_columns(table);
  std::vector<MeasuredJob> jobs;
  Problems problems;
  for (std::size_t row = 0; row < table.rows.size() && !problems.full(); ++row)
    problems.collect([&] {
      const std::string& workload = name_in(table, row, "workload");
      auto job = std::ranges::find(jobs, workload, &MeasuredJob::name);
      if (job == jobs.end()) {
        const Text* group = table.find(row, "group");
        jobs.push_back({.name = workload, .group = group != nullptr && !group->value.empty() ? group->value : workload});
        job = jobs.end() - 1;
      }
      RowReader(table, row, features).read_into(*job);
    });
  problems.throw_if_any();
  for (const MeasuredJob& job : jobs) check(job, name, problems);
  problems.throw_if_any();
  return jobs;
}

}  // namespace forerun
