#include "cli/search/columns.hpp"

#include <algorithm>
#include <array>

#include "io/quantity.hpp"

namespace forerun {
namespace {

/// Of a run, not of what it ran on.
constexpr std::array<std::string_view, 9> kOfRuns{"workload", "group", "usd", "seconds", "status", "source", "date", "host", "note"};
constexpr std::array<std::string_view, 8> kOfConfigurations{"candidate", "nodes",    "units_per_node",    "memory_gib_per_node",
                                                            "usd_per_h", "excluded", "predicted_seconds", "run"};

bool is_number(const Text& text) {
  try {
    parse_number(text, -kMostInSearchTables, kMostInSearchTables);
    return true;
  } catch (const BadInput&) {
    return false;
  }
}

}  // namespace

bool tells_of_runs(std::string_view column) { return column == "run" || std::ranges::find(kOfRuns, column) != kOfRuns.end(); }

std::vector<FeatureColumn> feature_columns(const CsvTable& table) {
  std::vector<FeatureColumn> features;
  for (const Text& column : table.header) {
    if (tells_of_runs(column.value) || std::ranges::find(kOfConfigurations, column.value) != kOfConfigurations.end()) continue;
    FeatureColumn feature{column.value};
    for (std::size_t row = 0; row < table.rows.size() && feature.number; ++row) feature.number = is_number(table.at(row, column.value));
    features.push_back(std::move(feature));
  }
  return features;
}

const std::string& name_in(const CsvTable& table, std::size_t row, std::string_view column) {
  const Text& text = table.at(row, column);
  if (text.value.empty()) throw BadInput(problem(text, "is empty"));
  return text.value;
}

std::optional<double> positive_in(const CsvTable& table, std::size_t row, std::string_view column) {
  const Text* text = table.find(row, column);
  if (text == nullptr || text->value.empty()) return std::nullopt;
  const double value = parse_number(*text, 0, kMostInSearchTables);
  if (value == 0) throw BadInput(problem(*text, "must be above zero"));
  return value;
}

cherrypick::Description read_description(const CsvTable& table, std::size_t row, const std::vector<FeatureColumn>& features) {
  cherrypick::Description description{.nodes = positive_in(table, row, "nodes").value_or(1),
                                      .units_per_node = positive_in(table, row, "units_per_node").value_or(1),
                                      .memory_gib_per_node = positive_in(table, row, "memory_gib_per_node").value_or(0)};
  for (const FeatureColumn& feature : features) {
    const Text& text = table.at(row, feature.name);
    if (text.value.empty()) throw BadInput(problem(text, "is empty", "a number, or a word, in each row"));
    if (feature.number)
      description.numbers.push_back(parse_number(text, -kMostInSearchTables, kMostInSearchTables));
    else
      description.words.push_back(text.value);
  }
  return description;
}

}  // namespace forerun
