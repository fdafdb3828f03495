#include "platforms/topology.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "io/format.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"

namespace forerun {
namespace {

using Kind = Topology::Kind;

constexpr std::int64_t kMostNodes = 1 << 20;
constexpr double kMostOversubscription = 1000;

constexpr std::array<std::string_view, 11> kKeys = {"topology",   "fat-tree",        "oversubscription", "torus",
                                                    "dragonfly",  "local-bandwidth", "global-bandwidth", "network-nodes",
                                                    "first-node", "node-stride",     "network-file"};
/// What part of a network the platform is, whatever its kind.
constexpr std::array<std::string_view, 3> kPlaceKeys = {"network-nodes", "first-node", "node-stride"};
constexpr std::array kKinds = {Kind::star, Kind::fat_tree, Kind::torus, Kind::dragonfly, Kind::routes};

/// Whether a key says something of a kind.
bool belongs(std::string_view key, Kind kind) {
  if (key == "network-file") return kind == Kind::routes;
  if (key == "oversubscription") return kind == Kind::fat_tree;
  if (key == "local-bandwidth") return kind == Kind::torus || kind == Kind::dragonfly;
  if (key == "global-bandwidth") return kind == Kind::dragonfly;
  return key == "topology" || std::ranges::find(kPlaceKeys, key) != kPlaceKeys.end() || key == to_string(kind);
}

const Text* find(const PlatformTexts& texts, std::string_view key) {
  const auto found = texts.find(key);
  return found == texts.end() ? nullptr : &found->second;
}

Kind read_kind(const Text& text) {
  std::array<std::string_view, kKinds.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = to_string(kKinds[i]);
    if (names[i] == text.value) return kKinds[i];
  }
  throw BadInput(problem(text, "unknown value", listed(names), suggest(text.value, names)));
}

/// The parts of a text between each x, each as a text of its own at the place of the whole.
std::vector<Text> between_crosses(const Text& text, int most) {
  std::vector<Text> parts;
  for (std::size_t begin = 0; begin <= text.value.size();) {
    const std::size_t end = std::min(text.value.find('x', begin), text.value.size());
    Text part = text;
    part.value = text.value.substr(begin, end - begin);
    parts.push_back(std::move(part));
    begin = end + 1;
    if (static_cast<int>(parts.size()) > most)
      throw BadInput(problem(text, "has too many numbers", "at most " + std::to_string(most) + ", with x between them"));
  }
  return parts;
}

void read_shape(const Text& text, int nodes, Topology& topology) {
  const bool dragonfly = topology.kind == Kind::dragonfly;
  const std::vector<Text> parts = between_crosses(text, dragonfly ? 2 : Topology::kMostLevels);
  if (dragonfly && parts.size() < 2) throw BadInput(problem(text, "is one number", "nodes of a router x routers of a group"));
  std::int64_t product = 1;
  int level = 0;
  for (const Text& part : parts) {
    topology.shape[level] = static_cast<int>(parse_integer(part, 1, kMostNodes));
    product *= topology.shape[level++];
    if (product > kMostNodes) throw BadInput(problem(text, "holds too many nodes", "a product of at most " + std::to_string(kMostNodes)));
  }
  if (topology.kind == Kind::torus && product != nodes)
    throw BadInput(problem(text, "holds " + std::to_string(product) + " nodes", "a product of all nodes, " + std::to_string(nodes)));
}

void read_oversubscription(const Text& text, Topology& topology) {
  int level = 0;
  for (const Text& part : between_crosses(text, topology.levels()))
    topology.oversubscription[level++] = parse_number(part, 1, kMostOversubscription);
}

/// Which nodes of the network the platform's are.
void read_place(const PlatformTexts& texts, int nodes, Topology& topology, Problems& problems) {
  const Text* whole = find(texts, "network-nodes");
  if (whole == nullptr) {
    for (const std::string_view key : kPlaceKeys)
      if (const Text* text = find(texts, key))
        problems.add(problem(missing_beside(*text, "network-nodes"), "is missing: " + std::string(key) + " is given without it"));
    return;
  }
  const auto read = [&](std::string_view key, int& to, std::int64_t least) {
    const Text* text = find(texts, key);
    return text == nullptr || problems.collect([&] { to = static_cast<int>(parse_integer(*text, least, kMostNodes)); });
  };
  if (!read("network-nodes", topology.network_nodes, 1) || !read("first-node", topology.first_node, 0) ||
      !read("node-stride", topology.node_stride, 1))
    return;
  const std::int64_t last = topology.first_node + std::int64_t{nodes - 1} * topology.node_stride;
  if (last < topology.network_nodes) return;
  if (const Text* file = find(texts, "network-file"))
    problems.add(problem(*file, "has " + std::to_string(topology.network_nodes) + " hosts, and the platform's last node is host " +
                                    std::to_string(last) + ": ask for fewer nodes"));
  else
    problems.add(problem(*whole, "is too small: the platform's last node is node " + std::to_string(last) + " of the network",
                         "at least " + std::to_string(last + 1)));
}

}  // namespace

std::span<const std::string_view> topology_keys() { return kKeys; }

bool is_of_another_topology(std::string_view key, std::string_view kind) {
  const auto* known = std::ranges::find(kKinds, kind, [](Kind each) { return to_string(each); });
  return known != kKinds.end() && std::ranges::find(kKeys, key) != kKeys.end() && !belongs(key, *known);
}

void keep_topology(PlatformTexts& texts, std::string_view kind) {
  std::erase_if(texts, [kind](const auto& text) { return is_of_another_topology(text.first, kind); });
}

Topology read_topology(const PlatformTexts& texts, int nodes, Problems& problems) {
  Topology topology;
  if (const Text* text = find(texts, "topology"); text != nullptr && !problems.collect([&] { topology.kind = read_kind(*text); }))
    return topology;
  read_place(texts, nodes, topology, problems);
  const std::string kind(to_string(topology.kind));
  for (const std::string_view key : kKeys)
    if (const Text* text = find(texts, key); text != nullptr && !belongs(key, topology.kind))
      problems.add(problem(*text, "says nothing of a " + kind + ", which joins the nodes here"));
  if (topology.kind == Kind::star) return topology;
  const bool listed = topology.kind == Kind::routes;
  const std::string_view needed = listed ? "network-file" : std::string_view(kind);
  const Text* shape = find(texts, needed);
  if (shape == nullptr)
    problems.add(problem(missing_beside(*find(texts, "topology"), needed), "is missing: topology asks for it",
                         listed ? "a platform file of SimGrid" : "whole numbers with x between them"));
  if (listed || shape == nullptr) return topology;
  if (!problems.collect([&] { read_shape(*shape, std::max(nodes, topology.network_nodes), topology); })) return topology;
  const auto read = [&](std::string_view key, auto&& understand) {
    if (const Text* text = find(texts, key)) problems.collect([&] { understand(*text); });
  };
  if (topology.kind == Kind::fat_tree) {
    std::fill_n(topology.oversubscription.begin(), topology.levels(), 1.0);
    read("oversubscription", [&](const Text& text) { read_oversubscription(text, topology); });
  }
  if (topology.kind != Kind::fat_tree) read("local-bandwidth", [&](const Text& text) { topology.local = parse_bandwidth(text); });
  if (topology.kind == Kind::dragonfly) read("global-bandwidth", [&](const Text& text) { topology.global = parse_bandwidth(text); });
  return topology;
}

std::string shape_text(const Topology& topology) {
  std::string text;
  for (int level = 0; level < topology.levels(); ++level) text += (level > 0 ? "x" : "") + std::to_string(topology.shape[level]);
  return text;
}

std::string oversubscription_text(const Topology& topology) {
  std::string text;
  std::string ones;
  for (int level = 0; level < topology.levels(); ++level) {
    ones += (level > 0 ? "x" : "") + exact(topology.oversubscription[level]);
    if (topology.oversubscription[level] > 1) text = ones;
  }
  return text;
}

}  // namespace forerun
