#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/onnx/graph.hpp"
#include "workloads/onnx/value.hpp"

namespace forerun::onnx {

/// All tensors of a graph by their number in Graph::values, and what of them is shared.
struct Values {
  std::vector<Value> list;
  /// Lists of tensors (SplitToSequence): the pieces along an axis.
  struct Pieces {
    std::int64_t axis = 0;
    bool keeps_axis = true;
    std::vector<std::int64_t> starts;  ///< of each piece, and the end of the last
  };
  std::map<int, Pieces> pieces;  ///< by tensor
  std::int64_t spent = 0;        ///< bytes
};

/// One node while its outputs' shapes are inferred. Everything that it asks for and is not there is BadInput that names the node.
class Operation {
 public:
  Operation(const Graph& graph, Values& values, int index) : graph_(graph), values_(values), index_(index), node_(graph.nodes[index]) {}

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] int index() const { return index_; }
  [[nodiscard]] const std::string& name() const { return graph_.op(node_); }
  [[nodiscard]] Values& values() { return values_; }

  [[nodiscard]] std::size_t inputs() const { return node_.inputs.size(); }
  [[nodiscard]] bool has(std::size_t input) const { return input < node_.inputs.size() && node_.inputs[input] >= 0; }
  [[nodiscard]] const Value& input(std::size_t input) const;
  /// The number in Graph::values.
  [[nodiscard]] int id(std::size_t input) const;

  [[nodiscard]] const Attribute* attribute(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t fallback) const;
  [[nodiscard]] std::string text(std::string_view name, std::string_view fallback) const;
  /// Numbers of an attribute, or where it is not there of an input (later opsets); nothing where neither is.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> list(std::string_view name, std::size_t input) const;
  /// The whole numbers of an input, which decide about shapes.
  [[nodiscard]] std::vector<std::int64_t> numbers(std::size_t input) const;
  /// The only element of an input, where it is known.
  [[nodiscard]] std::optional<double> scalar(std::size_t input) const;

  /// `axis` from 0; negative ones count from behind.
  [[nodiscard]] std::size_t axis(std::int64_t axis, std::size_t rank) const;
  /// Each axis once, ascending.
  [[nodiscard]] std::vector<std::size_t> axes(const std::vector<std::int64_t>& list, std::size_t rank) const;

  /// A tensor that the node calculates from inputs: what it is follows from what they are. `data`: the inputs that count; empty for all.
  [[nodiscard]] Value result(Dims dims, std::vector<std::size_t> data = {}) const;
  /// The same elements as an input's, some of them or copies.
  [[nodiscard]] Value view(const Value& of, Dims dims) const;
  /// Whole numbers or truth values.
  [[nodiscard]] Value auxiliary(Dims dims) const;

  void set(std::size_t output, Value value);
  /// The first, once it is set.
  [[nodiscard]] const Value& output() const { return values_.list[static_cast<std::size_t>(node_.outputs.front())]; }

  [[noreturn]] void refuse(const std::string& what, const std::string& allowed = "") const;

 private:
  const Graph& graph_;
  Values& values_;
  int index_;
  const Node& node_;
};

std::string text_of(const Dims& dims);

}  // namespace forerun::onnx
