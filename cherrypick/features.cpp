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

/// Rows as encode() gives them, and what each of their features is called.
struct Encoded {
  std::vector<std::vector<double>> rows;
  std::vector<std::string> names;
};

/// Appends a number of each configuration, scaled; nothing where it does not vary.
template <class Number>
void append_scaled(const std::vector<Description>& descriptions, const std::string& name, Number&& number, Encoded& into) {
  std::vector<double> values;
  for (const Description& each : descriptions) values.push_back(number(each));
  const auto [least, most] = std::ranges::minmax(values);
  if (!(most - least > kRounding * std::max(std::abs(least), std::abs(most)))) return;
  into.names.push_back(name);
  for (std::size_t i = 0; i < values.size(); ++i) into.rows[i].push_back((values[i] - least) / (most - least));
}

void append_word(const std::vector<Description>& descriptions, std::size_t word, const std::string& name, Encoded& into) {
  std::set<std::string> values;
  for (const Description& each : descriptions) values.insert(each.words[word]);
  if (values.size() < 2) return;
  if (values.size() == 2) values.erase(values.begin());
  for (const std::string& value : values) {
    into.names.push_back(name + "=" + value);
    for (std::size_t i = 0; i < into.rows.size(); ++i) into.rows[i].push_back(descriptions[i].words[word] == value ? kCategoryWeight : 0);
  }
}

void append_sizes(const std::vector<Description>& descriptions, Encoding encoding, Encoded& into) {
  const auto units = [](const Description& of) { return of.units_per_node; };
  const auto append = [&](const std::string& name, auto&& number) { append_scaled(descriptions, name, number, into); };
  const bool has_memory = std::ranges::all_of(descriptions, [](const Description& of) { return of.memory_gib_per_node > 0; });
  append("log2 units per node", [&](const Description& of) { return portable_log2(units(of)); });
  if (encoding == Encoding::totals) {
    append("log2 units", [&](const Description& of) { return portable_log2(units(of) * of.nodes); });
    if (has_memory) append("log2 memory", [](const Description& of) { return portable_log2(of.memory_gib_per_node * of.nodes); });
    return;
  }
  if (has_memory) append("log2 memory per unit", [&](const Description& of) { return portable_log2(of.memory_gib_per_node / units(of)); });
  append("log2 nodes", [](const Description& of) { return portable_log2(of.nodes); });
}

Encoded encode_named(const std::vector<Description>& descriptions, Encoding encoding, const std::vector<std::string>& numbers,
                     const std::vector<std::string>& words) {
  Encoded into{.rows = std::vector<std::vector<double>>(descriptions.size())};
  if (descriptions.empty()) return into;
  append_sizes(descriptions, encoding, into);
  for (std::size_t k = 0; k < descriptions.front().numbers.size(); ++k)
    append_scaled(
        descriptions, numbers[k], [&](const Description& of) { return of.numbers[k]; }, into);
  for (std::size_t k = 0; k < descriptions.front().words.size(); ++k) append_word(descriptions, k, words[k], into);
  if (into.names.empty()) {
    into.names.emplace_back("nothing varies");
    for (std::vector<double>& row : into.rows) row.push_back(0);
  }
  return into;
}

}  // namespace

std::vector<std::vector<double>> encode(const std::vector<Description>& descriptions, Encoding encoding) {
  if (descriptions.empty()) return {};
  const std::vector<std::string> numbers(descriptions.front().numbers.size());
  const std::vector<std::string> words(descriptions.front().words.size());
  return encode_named(descriptions, encoding, numbers, words).rows;
}

std::vector<std::string> feature_names(const std::vector<Description>& descriptions, Encoding encoding,
                                       const std::vector<std::string>& numbers, const std::vector<std::string>& words) {
  return encode_named(descriptions, encoding, numbers, words).names;
}

}  // namespace forerun::cherrypick
