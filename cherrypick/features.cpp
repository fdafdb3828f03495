#include "cherrypick/features.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>

#include "cherrypick/elementary.hpp"

namespace forerun::cherrypick {
namespace {

/// Numbers that differ by less of their size differ by how they were rounded.
constexpr double kRounding = 1e-12;
constexpr double kInverseLog2 = 1.44269504088896338700;

double log2_of(double value) { return portable_log(value) * kInverseLog2; }

using Rows = std::vector<std::vector<double>>;

/// Appends a number of each configuration, scaled; nothing where it does not vary.
template <class Number>
void append_scaled(const std::vector<Description>& descriptions, Number&& number, Rows& rows) {
  std::vector<double> values;
  for (const Description& each : descriptions) values.push_back(number(each));
  const auto [least, most] = std::ranges::minmax(values);
  if (!(most - least > kRounding * std::max(std::abs(least), std::abs(most)))) return;
  for (std::size_t i = 0; i < values.size(); ++i) rows[i].push_back((values[i] - least) / (most - least));
}

void append_word(const std::vector<Description>& descriptions, std::size_t word, Rows& rows) {
  std::set<std::string> values;
  for (const Description& each : descriptions) values.insert(each.words[word]);
  if (values.size() < 2) return;
  if (values.size() == 2) values.erase(values.begin());
  for (const std::string& value : values)
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].push_back(descriptions[i].words[word] == value ? kCategoryWeight : 0);
}

void append_sizes(const std::vector<Description>& descriptions, Encoding encoding, Rows& rows) {
  const auto units = [](const Description& of) { return of.units_per_node; };
  const bool has_memory = std::ranges::all_of(descriptions, [](const Description& of) { return of.memory_gib_per_node > 0; });
  append_scaled(
      descriptions, [&](const Description& of) { return log2_of(units(of)); }, rows);
  if (encoding == Encoding::totals) {
    append_scaled(
        descriptions, [&](const Description& of) { return log2_of(units(of) * of.nodes); }, rows);
    if (has_memory)
      append_scaled(
          descriptions, [](const Description& of) { return log2_of(of.memory_gib_per_node * of.nodes); }, rows);
    return;
  }
  if (has_memory)
    append_scaled(
        descriptions, [&](const Description& of) { return log2_of(of.memory_gib_per_node / units(of)); }, rows);
  append_scaled(
      descriptions, [](const Description& of) { return log2_of(of.nodes); }, rows);
}

}  // namespace

std::vector<std::vector<double>> encode(const std::vector<Description>& descriptions, Encoding encoding) {
  Rows rows(descriptions.size());
  if (rows.empty()) return rows;
  append_sizes(descriptions, encoding, rows);
  for (std::size_t k = 0; k < descriptions.front().numbers.size(); ++k)
    append_scaled(
        descriptions, [&](const Description& of) { return of.numbers[k]; }, rows);
  for (std::size_t k = 0; k < descriptions.front().words.size(); ++k) append_word(descriptions, k, rows);
  if (rows.front().empty())
    for (std::vector<double>& row : rows) row.push_back(0);
  return rows;
}

}  // namespace forerun::cherrypick
