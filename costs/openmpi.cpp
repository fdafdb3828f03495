#include "costs/openmpi.hpp"

#include <array>
#include <limits>
#include <string_view>
#include <vector>

#include "costs/data.hpp"
#include "io/quantity.hpp"
#include "io/yaml.hpp"

namespace forerun {

namespace {

constexpr double kUnbounded = std::numeric_limits<double>::infinity();
constexpr std::int64_t kMostBytes = std::int64_t{1} << 40;

struct Choice {
  double bytes_below = kUnbounded;
  CollectiveAlgorithm algorithm = CollectiveAlgorithm::ring;
};
struct Row {
  double ranks_below = kUnbounded;
  std::vector<Choice> choices;
};

CollectiveAlgorithm algorithm_named(const Text& text) {
  using enum CollectiveAlgorithm;
  for (const CollectiveAlgorithm algorithm : {ring, recursive_doubling, recursive_halving_doubling, double_binary_tree})
    if (text.value == to_string(algorithm)) return algorithm;
  throw BadInput(problem(text, "unknown algorithm"));
}

double bound(const Text& text) { return static_cast<double>(parse_integer(text, 1, kMostBytes)); }

Row read_row(const YamlNode& node, Problems& problems) {
  Row row;
  Mapping mapping(node, problems);
  mapping.optional("below", [&](const Text& text) { row.ranks_below = bound(text); });
  mapping.required("choices", [&](const YamlNode& choices) {
    for (const YamlNode& item : items(choices)) {
      Choice choice;
      Mapping entry(item, problems);
      entry.optional("bytes-below", [&](const Text& text) { choice.bytes_below = bound(text); });
      entry.required("take", [&](const Text& text) { choice.algorithm = algorithm_named(text); });
      entry.finish();
      row.choices.push_back(choice);
    }
  });
  mapping.finish();
  return row;
}

std::vector<Row> read_rows() {
  std::vector<Row> rows;
  Problems problems;
  for (const auto& file : costs_data()) {
    if (file.name != "openmpi.yaml") continue;
    const YamlNode document = read_yaml_text(file.text, "costs/openmpi.yaml");
    Mapping mapping(document, problems);
    for (const std::string_view key : {"library", "version", "date", "source", "note"}) mapping.required(key, [](const Text&) {});
    mapping.required("all-reduce", [&](const YamlNode& list) {
      for (const YamlNode& row : items(list)) rows.push_back(read_row(row, problems));
    });
    mapping.finish();
  }
  problems.throw_if_any();
  return rows;
}

}  // namespace

CollectiveAlgorithm openmpi_all_reduce(int ranks, Bytes buffer) {
  static const std::vector<Row> rows = read_rows();
  for (const Row& row : rows) {
    if (ranks >= row.ranks_below) continue;
    for (const Choice& choice : row.choices)
      if (buffer.value() < choice.bytes_below) return choice.algorithm;
  }
  return CollectiveAlgorithm::ring;
}

}  // namespace forerun
