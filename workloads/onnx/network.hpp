#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/workload.hpp"
#include "workloads/onnx/operation.hpp"

namespace forerun::onnx {

/// A layer that a node becomes, alone or with nodes before it.
struct Step {
  LayerShape shape;
  std::vector<int> inputs;   ///< tensors; ~i for the step i of the same node
  std::vector<int> weights;  ///< tensors; the first decides whose weights they are
};
using Steps = std::vector<Step>;

/// A graph whose shapes are inferred, as patterns see it: through views.
class Network {
 public:
  Network(const Graph& graph, Values& values);

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const Value& value(int tensor) const { return values_.list[static_cast<std::size_t>(tensor)]; }
  [[nodiscard]] Operation at(int node) const { return {graph_, values_, node}; }

  /// The node of this operator that calculates the tensor, or all of what it is a view of.
  [[nodiscard]] std::optional<Operation> maker(int tensor, std::string_view op) const;
  /// The same of any operator.
  [[nodiscard]] std::optional<Operation> maker(int tensor) const;
  /// How many layers and outputs read what the node calculates.
  [[nodiscard]] int uses(int node) const { return uses_[static_cast<std::size_t>(node)]; }
  [[nodiscard]] bool is_activation(int tensor) const { return value(tensor).role == Role::activation; }
  /// The element of a tensor that has one, or that holds the same everywhere.
  [[nodiscard]] std::optional<double> scalar(int tensor) const;
  /// Whether a tensor has one element, known or not, and is no activation.
  [[nodiscard]] bool is_scalar(int tensor) const;
  /// Whether both are all the elements of one tensor.
  [[nodiscard]] bool same(int a, int b) const;

 private:
  const Graph& graph_;
  Values& values_;
  std::vector<int> uses_;
};

}  // namespace forerun::onnx
