#include "workloads/onnx/arrange.hpp"

#include <algorithm>
#include <utility>

#include "io/text.hpp"
#include "workloads/graph/order.hpp"

namespace forerun::onnx {
namespace {

constexpr int kUndefined = -2;
constexpr int kNoNode = -1;  // an input or an initialiser
constexpr std::size_t kNamedOfCycle = 5;

[[noreturn]] void refuse(const Graph& graph, const std::string& key, std::string what) {
  throw BadInput(problem({.file = graph.file, .key = key}, std::move(what)));
}

/// For each tensor the node that writes it.
std::vector<int> find_writers(const Graph& graph) {
  std::vector<int> writers(static_cast<std::size_t>(graph.values.size()), kUndefined);
  const auto define = [&](int value, int writer, const std::string& key) {
    if (value < 0) return;
    if (std::exchange(writers[value], writer) != kUndefined)
      refuse(graph, key, "the tensor " + graph.values.text(value) + " is defined twice");
  };
  for (const Tensor& tensor : graph.initialisers) define(tensor.name, kNoNode, "an initialiser");
  for (const Input& input : graph.inputs) define(input.value, kNoNode, "an input");
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    for (const int output : graph.nodes[i].outputs) define(output, static_cast<int>(i), described(graph, graph.nodes[i]));
  return writers;
}

std::vector<GraphEdge> find_edges(const Graph& graph, const std::vector<int>& writers) {
  std::vector<GraphEdge> edges;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    for (const int input : graph.nodes[i].inputs)
      if (input >= 0 && writers[input] >= 0) edges.push_back({writers[input], static_cast<int>(i)});
  return edges;
}

/// Whether each node stands after those that it reads, as ONNX demands.
bool in_order(const Graph& graph, const std::vector<int>& writers) {
  bool ordered = true;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    for (const int input : graph.nodes[i].inputs) {
      if (input < 0) continue;
      if (writers[input] == kUndefined)
        refuse(graph, described(graph, graph.nodes[i]), "reads " + graph.values.text(input) + ", which nothing defines");
      ordered = ordered && writers[input] < static_cast<int>(i);
    }
  return ordered;
}

[[noreturn]] void refuse_cycle(const Graph& graph, const std::vector<GraphEdge>& edges) {
  const std::vector<int> cycle = find_cycle(static_cast<int>(graph.nodes.size()), edges);
  std::string nodes;
  for (std::size_t i = 0; i < std::min(cycle.size(), kNamedOfCycle); ++i)
    nodes += (i == 0 ? "" : ", ") + described(graph, graph.nodes[cycle[i]]);
  if (cycle.size() > kNamedOfCycle) nodes += ", ...";
  refuse(graph, "", "the graph has a cycle: " + nodes);
}

void sort(Graph& graph, const std::vector<int>& writers) {
  const std::vector<GraphEdge> edges = find_edges(graph, writers);
  const auto order = topological_order(static_cast<int>(graph.nodes.size()), edges);
  if (!order) refuse_cycle(graph, edges);
  std::vector<Node> nodes;
  nodes.reserve(order->size());
  for (const int node : *order) nodes.push_back(std::move(graph.nodes[node]));
  graph.nodes = std::move(nodes);
}

void drop_what_no_output_needs(Graph& graph) {
  std::vector<char> needed(static_cast<std::size_t>(graph.values.size()));
  for (const int output : graph.outputs) needed[output] = 1;
  std::vector<char> stays(graph.nodes.size());
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    if (!std::ranges::any_of(node.outputs, [&](int output) { return output >= 0 && needed[output] != 0; })) continue;
    stays[i] = 1;
    for (const int input : node.inputs)
      if (input >= 0) needed[input] = 1;
  }
  std::size_t i = 0;
  std::erase_if(graph.nodes, [&](const Node&) { return stays[i++] == 0; });
}

}  // namespace

std::string described(const Graph& graph, const Node& node) {
  std::string name = node.name;
  if (name.empty() && !node.outputs.empty() && node.outputs.front() >= 0) name = graph.values.text(node.outputs.front());
  for (char& c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  constexpr std::size_t kShown = 120;
  if (name.size() > kShown) name = "..." + name.substr(name.size() - kShown);
  return name + (name.empty() ? "" : " ") + "(" + graph.op(node).substr(0, kShown) + ")";
}

void arrange(Graph& graph, int only) {
  std::vector<char> initialised(static_cast<std::size_t>(graph.values.size()));
  for (const Tensor& tensor : graph.initialisers)
    if (tensor.name >= 0) initialised[tensor.name] = 1;
  std::erase_if(graph.inputs, [&](const Input& input) { return initialised[input.value] != 0; });

  if (only >= 0) std::erase_if(graph.outputs, [&](int output) { return output != only; });
  if (graph.outputs.empty()) refuse(graph, "", "the graph has no output");
  const std::vector<int> writers = find_writers(graph);
  for (const int output : graph.outputs)
    if (writers[output] == kUndefined) refuse(graph, "", "nothing defines the output " + graph.values.text(output));
  if (!in_order(graph, writers)) sort(graph, writers);
  drop_what_no_output_needs(graph);
}

}  // namespace forerun::onnx
