#include "workloads/onnx/network.hpp"

#include <algorithm>

namespace forerun::onnx {

Network::Network(const Graph& graph, Values& values) : graph_(graph), values_(values), uses_(graph.nodes.size()) {
  const auto count = [&](int tensor) {
    if (tensor >= 0 && is_activation(tensor) && value(tensor).node >= 0) ++uses_[static_cast<std::size_t>(value(tensor).node)];
  };
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const bool calculates = std::ranges::any_of(
        node.outputs, [&](int output) { return output >= 0 && is_activation(output) && value(output).node == static_cast<int>(i); });
    if (calculates) std::ranges::for_each(node.inputs, count);
  }
  std::ranges::for_each(graph.outputs, count);
}

std::optional<Operation> Network::maker(int tensor) const {
  const Value& seen = value(tensor);
  if (seen.role != Role::activation || seen.node < 0 || seen.distinct != seen.whole) return std::nullopt;
  return at(seen.node);
}

std::optional<Operation> Network::maker(int tensor, std::string_view op) const {
  const auto found = maker(tensor);
  return found && found->name() == op ? found : std::nullopt;
}

std::optional<double> Network::scalar(int tensor) const {
  const Value& seen = value(tensor);
  if (!seen.known || seen.numbers.empty()) return std::nullopt;
  const double first = seen.numbers.front();
  return std::ranges::all_of(seen.numbers, [&](double each) { return each == first; }) ? std::optional(first) : std::nullopt;
}

bool Network::is_scalar(int tensor) const {
  const Value& seen = value(tensor);
  return seen.role != Role::activation && (seen.distinct == 1 || (seen.role != Role::weight && scalar(tensor).has_value()));
}

bool Network::same(int a, int b) const {
  const Value& x = value(a);
  const Value& y = value(b);
  if (a == b) return true;
  return x.node == y.node && x.node >= 0 && x.role == y.role && x.distinct == x.whole && y.distinct == y.whole;
}

}  // namespace forerun::onnx
