#include <algorithm>
#include <filesystem>

#include "core/error.hpp"
#include "io/file.hpp"
#include "io/quantity.hpp"
#include "io/yaml.hpp"
#include "workloads/chakra/decode.hpp"
#include "workloads/chakra/trace_set.hpp"

namespace forerun::chakra {
namespace {

// A node of a document takes a hundred times its two bytes of text.
constexpr std::size_t kGroupsLimit = std::size_t{1} << 20;
// A declaration is read as a document, which costs more than a node.
constexpr std::size_t kMostDeclared = 1 << 10;

std::vector<int> read_ranks(const YamlNode& node) {
  std::vector<int> ranks;
  for (const YamlNode& item : items(node)) ranks.push_back(static_cast<int>(parse_integer(scalar(item), 0, kMostRanks - 1)));
  std::ranges::sort(ranks);
  if (std::ranges::adjacent_find(ranks) != ranks.end()) throw BadInput(problem(node.text, "names a rank twice"));
  return ranks;
}

}  // namespace

ProcessGroups read_groups_file(const std::string& file) {
  const YamlNode root = read_yaml_text(read_file(file, kGroupsLimit), file);
  if (root.kind != YamlNode::Kind::mapping) throw BadInput(problem(root.text, "is no mapping from process groups to their ranks"));
  ProcessGroups groups;
  Problems problems;
  for (std::size_t i = 0; i < root.keys.size(); ++i) problems.collect([&] { groups[root.keys[i].value] = read_ranks(root.children[i]); });
  problems.throw_if_any();
  return groups;
}

void read_declared_groups(const wire::Node& message, const std::string& file, ProcessGroups& groups) {
  // A list of one text in Python's notation, within which the list itself stands.
  std::string_view text = message.inputs().values();
  if (text.size() < 4 || !text.substr(2).starts_with("[{")) return;
  text = text.substr(2, text.size() - 4);
  try {
    const YamlNode list = read_yaml_text(text, file);
    for (const YamlNode& item : items(list)) {
      const YamlNode* name = item.find("pg_name");
      const YamlNode* ranks = item.find("ranks");
      if (name == nullptr || ranks == nullptr) continue;
      if (groups.size() == kMostDeclared) refuse_node(file, message.id(), "declares too many process groups");
      groups[scalar(*name).value] = read_ranks(*ranks);
    }
  } catch (const BadInput& bad) {
    refuse_node(file, message.id(), "declares process groups that cannot be read: " + bad.problems().front().what);
  }
}

}  // namespace forerun::chakra
