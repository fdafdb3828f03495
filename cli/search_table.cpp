#include "cli/search_table.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "io/csv.hpp"
#include "io/file.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"

namespace forerun {

using cherrypick::MeasuredJob;
using cherrypick::Outcome;

namespace {

constexpr std::array<std::string_view, 3> kRequired{"workload", "candidate", "seconds"};
constexpr std::array<std::string_view, 15> kKnown{"workload",  "group", "candidate", "nodes",  "units_per_node", "memory_gib_per_node",
                                                  "usd_per_h", "usd",   "seconds",   "status", "source",         "date",
                                                  "host",      "note",  "run"};
/// `failed`: for a reason that is not told; taken for the configuration's fault.
constexpr std::array<std::string_view, 6> kStatuses{"ok", "oom", "timeout", "failed", "error", "preempted"};
constexpr std::array<Outcome, 6> kOutcomes{Outcome::ok, Outcome::oom, Outcome::timeout, Outcome::oom, Outcome::error, Outcome::preempted};
constexpr double kMost = 1e15;

bool is_number(const Text& text) {
  try {
    parse_number(text, -kMost, kMost);
    return true;
  } catch (const BadInput&) {
    return false;
  }
}

/// A column that is a feature of the set's own.
struct Feature {
  std::string name;
  bool number = true;
};

std::vector<Feature> features_of(const CsvTable& table) {
  std::vector<Feature> features;
  for (const Text& column : table.header) {
    if (std::ranges::find(kKnown, column.value) != kKnown.end()) continue;
    Feature feature{column.value};
    for (std::size_t row = 0; row < table.rows.size() && feature.number; ++row) feature.number = is_number(table.at(row, column.value));
    features.push_back(std::move(feature));
  }
  return features;
}

/// Reads one row into its job.
class RowReader {
 public:
  RowReader(const CsvTable& table, std::size_t row, const std::vector<Feature>& features) : table_(table), row_(row), features_(features) {}

  [[nodiscard]] const std::string& name(std::string_view column) const {
    const Text& text = table_.at(row_, column);
    if (text.value.empty()) throw BadInput(problem(text, "is empty"));
    return text.value;
  }

  void read_into(MeasuredJob& job) const {
    const Text& candidate = table_.at(row_, "candidate");
    if (std::ranges::find(job.configurations, name("candidate")) != job.configurations.end())
      throw BadInput(problem(candidate, "another row of this workload has this candidate"));
    cherrypick::Description description{.nodes = positive("nodes").value_or(1),
                                        .units_per_node = positive("units_per_node").value_or(1),
                                        .memory_gib_per_node = positive("memory_gib_per_node").value_or(0)};
    for (const Feature& feature : features_) {
      const Text& text = table_.at(row_, feature.name);
      if (text.value.empty()) throw BadInput(problem(text, "is empty", "a number, or a word, in each row"));
      if (feature.number)
        description.numbers.push_back(parse_number(text, -kMost, kMost));
      else
        description.words.push_back(text.value);
    }
    const cherrypick::Result result{status(), Seconds(seconds())};
    job.rates.push_back(rate(result.time));
    job.configurations.push_back(candidate.value);
    job.descriptions.push_back(std::move(description));
    job.results.push_back(result);
  }

 private:
  [[nodiscard]] std::optional<double> positive(std::string_view column) const {
    const Text* text = table_.find(row_, column);
    if (text == nullptr || text->value.empty()) return std::nullopt;
    const double value = parse_number(*text, 0, kMost);
    if (value == 0) throw BadInput(problem(*text, "must be above zero"));
    return value;
  }

  [[nodiscard]] double seconds() const {
    const std::optional<double> seconds = positive("seconds");
    if (!seconds) throw BadInput(problem(table_.at(row_, "seconds"), "is empty", "the seconds that the run took, or until it failed"));
    return *seconds;
  }

  [[nodiscard]] Outcome status() const {
    const Text* text = table_.find(row_, "status");
    if (text == nullptr || text->value.empty()) return Outcome::ok;
    const auto found = std::ranges::find(kStatuses, text->value);
    if (found == kStatuses.end()) throw BadInput(problem(*text, "unknown status", listed(kStatuses), suggest(text->value, kStatuses)));
    return kOutcomes[static_cast<std::size_t>(found - kStatuses.begin())];
  }

  /// An hour's price, or what the run cost over the time that it took.
  [[nodiscard]] cherrypick::DollarsPerSecond rate(Seconds time) const {
    constexpr double kHour = 3600;
    if (const std::optional<double> per_hour = positive("usd_per_h")) return Dollars(*per_hour) / Seconds(kHour);
    if (const std::optional<double> cost = positive("usd")) return Dollars(*cost) / time;
    Text where = table_.at(row_, "candidate");
    where.key = "usd_per_h";
    throw BadInput(problem(where, "the row has neither a price an hour nor a cost", "usd_per_h or usd"));
  }

  const CsvTable& table_;
  std::size_t row_;
  const std::vector<Feature>& features_;
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
  const std::vector<Feature> features = features_of(table);
  std::vector<MeasuredJob> jobs;
  Problems problems;
  for (std::size_t row = 0; row < table.rows.size() && !problems.full(); ++row)
    problems.collect([&] {
      const RowReader reader(table, row, features);
      const std::string& workload = reader.name("workload");
      auto job = std::ranges::find(jobs, workload, &MeasuredJob::name);
      if (job == jobs.end()) {
        const Text* group = table.find(row, "group");
        jobs.push_back({.name = workload, .group = group != nullptr && !group->value.empty() ? group->value : workload});
        job = jobs.end() - 1;
      }
      reader.read_into(*job);
    });
  problems.throw_if_any();
  for (const MeasuredJob& job : jobs) check(job, name, problems);
  problems.throw_if_any();
  return jobs;
}

}  // namespace forerun
