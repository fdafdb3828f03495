#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cherrypick/features.hpp"
#include "core/units.hpp"
#include "io/csv.hpp"

/// What the tables of configurations and those of runs have in common (docs/search.md).
namespace forerun {

inline constexpr double kMostInSearchTables = 1e15;

/// A column that is a feature of the table's own: numbers if each row has one, else words.
struct FeatureColumn {
  std::string name;
  bool number = true;
};

/// The columns that no table of either kind means anything else by.
std::vector<FeatureColumn> feature_columns(const CsvTable& table);

/// Whether a column says what came of runs, or of whom, and so nothing of the configuration.
bool tells_of_runs(std::string_view column);

/// A name. BadInput where it is empty.
const std::string& name_in(const CsvTable& table, std::size_t row, std::string_view column);

/// A number above zero; nothing where the column is missing or the cell empty.
std::optional<double> positive_in(const CsvTable& table, std::size_t row, std::string_view column);

/// The size of a configuration and its own features. BadInput: a number that is none, a feature that is empty.
cherrypick::Description read_description(const CsvTable& table, std::size_t row, const std::vector<FeatureColumn>& features);

}  // namespace forerun
