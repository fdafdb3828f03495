#include "cli/search/space_table.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "cherrypick/features.hpp"
#include "cli/search/columns.hpp"
#include "io/csv.hpp"
#include "io/file.hpp"

namespace forerun {
namespace {

constexpr std::array<std::string_view, 2> kSpaceColumns{"candidate", "usd_per_h"};
constexpr double kHourSeconds = 3600;

/// What a row says of its configuration.
struct SpaceRow {
  Text candidate;
  cherrypick::Description description;
  double usd_per_h = 0;
  std::string excluded;
  std::optional<Seconds> predicted;
  std::vector<std::pair<std::string, std::string>> settings;
};

bool same(const SpaceRow& a, const SpaceRow& b) {
  return a.description == b.description && a.usd_per_h == b.usd_per_h && a.excluded == b.excluded && a.predicted == b.predicted;
}

/// What a command may be told of the configuration: every cell of it.
std::vector<std::pair<std::string, std::string>> space_settings(const CsvTable& table, std::size_t row) {
  std::vector<std::pair<std::string, std::string>> settings;
  for (const Text& column : table.header)
    if (!tells_of_runs(column.value) && column.value != "candidate" && column.value != "excluded" && column.value != "predicted_seconds")
      settings.emplace_back(column.value, table.at(row, column.value).value);
  return settings;
}

SpaceRow read_space_row(const CsvTable& table, std::size_t row, const std::vector<FeatureColumn>& features) {
  name_in(table, row, "candidate");
  SpaceRow out{.candidate = table.at(row, "candidate"), .description = read_description(table, row, features)};
  const auto price = positive_in(table, row, "usd_per_h");
  if (!price) throw BadInput(problem(table.at(row, "usd_per_h"), "is empty", "what an hour of the whole configuration costs"));
  out.usd_per_h = *price;
  if (const Text* reason = table.find(row, "excluded")) out.excluded = reason->value;
  if (const auto seconds = positive_in(table, row, "predicted_seconds")) out.predicted = Seconds(*seconds);
  out.settings = space_settings(table, row);
  return out;
}

std::vector<SpaceRow> read_space_rows(const CsvTable& table, const std::vector<FeatureColumn>& features) {
  std::vector<SpaceRow> rows;
  std::map<std::string, std::size_t, std::less<>> by_name;
  Problems problems;
  for (std::size_t i = 0; i < table.rows.size() && !problems.full(); ++i)
    problems.collect([&] {
      SpaceRow row = read_space_row(table, i, features);
      const auto [found, is_new] = by_name.emplace(row.candidate.value, rows.size());
      if (is_new)
        rows.push_back(std::move(row));
      else if (!same(row, rows[found->second]))
        throw BadInput(problem(row.candidate, "an earlier row says something else of this candidate"));
    });
  problems.throw_if_any();
  return rows;
}

std::vector<std::string> names_of(const std::vector<FeatureColumn>& features, bool numbers) {
  std::vector<std::string> names;
  for (const FeatureColumn& feature : features)
    if (feature.number == numbers) names.push_back(feature.name);
  return names;
}

}  // namespace

SearchSpace read_space_table(const std::filesystem::path& file, const std::string& job) {
  return read_space_table_text(read_file(file), file.string(), job);
}

SearchSpace read_space_table_text(std::string_view text, std::string_view name, const std::string& job) {
  const CsvTable table = read_csv_text(text, name, kSpaceColumns);
  const std::vector<FeatureColumn> columns = feature_columns(table);
  std::vector<SpaceRow> rows = read_space_rows(table, columns);
  if (std::ranges::count(rows, "", &SpaceRow::excluded) < 2)
    throw BadInput(Problem{.file = std::string(name), .what = "has less than two candidates that may run, which leaves no choice"});
  std::vector<cherrypick::Description> descriptions;
  for (const SpaceRow& row : rows) descriptions.push_back(row.description);
  const auto features = encode(descriptions, cherrypick::Encoding::totals);
  SearchSpace space{
      .job = job, .features = feature_names(descriptions, cherrypick::Encoding::totals, names_of(columns, true), names_of(columns, false))};
  for (std::size_t i = 0; i < rows.size(); ++i)
    space.entries.push_back({.candidate = {.name = rows[i].candidate.value,
                                           .rate = Dollars(rows[i].usd_per_h) / Seconds(kHourSeconds),
                                           .features = features[i],
                                           .memory = descriptions[i].memory_gib_per_node * descriptions[i].nodes,
                                           .excluded = rows[i].excluded},
                             .predicted = rows[i].predicted,
                             .settings = std::move(rows[i].settings)});
  return space;
}

}  // namespace forerun
