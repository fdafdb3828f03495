#include "workloads/onnx/inputs.hpp"

#include <algorithm>
#include <cctype>

#include "io/suggest.hpp"
#include "workloads/shapes.hpp"

namespace forerun::onnx {
namespace {

bool is_batch(const std::string& symbol) {
  std::string lower = symbol;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower.find("batch") != std::string::npos;
}

/// A dimension without a size or a name is one of its own.
std::string symbol_of(const Graph& graph, const Input& input, std::size_t axis) {
  const Dimension& dimension = input.dims[axis];
  return dimension.symbol.empty() ? graph.values.text(input.value) + "-" + std::to_string(axis) : dimension.symbol;
}

bool is_open(const Dimension& dimension) { return dimension.size < 0 || !dimension.symbol.empty(); }

class Sizes {
 public:
  Sizes(const Graph& graph, FamilyParameters& parameters) : graph_(graph), parameters_(parameters) {
    for (const Input& input : graph.inputs)
      for (std::size_t i = 0; i < input.dims.size(); ++i)
        named_ = named_ || (is_open(input.dims[i]) && is_batch(symbol_of(graph, input, i)));
  }

  std::int64_t size(const Input& input, std::size_t axis) {
    const Dimension& dimension = input.dims[axis];
    if (!is_open(dimension)) return dimension.size;
    const std::string symbol = symbol_of(graph_, input, axis);
    if (named_ ? is_batch(symbol) : axis == 0) return 1;
    if (parameters_.has(symbol)) return parameters_.integer(symbol, 1);
    if (const auto twice = std::ranges::find(asked_, symbol) != asked_.end(); !twice)
      parameters_.refuse(symbol,
                         "is missing: the input " + graph_.values.text(input.value) + " has a dimension of this name, without a size",
                         "--set workload." + symbol + "=V, V at least 1");
    asked_.push_back(symbol);
    return 1;
  }

  /// Whether a batch stands in the file that is not one sample.
  [[nodiscard]] bool has_fixed_batch(const Input& input) const {
    return !named_ && !input.dims.empty() && !is_open(input.dims[0]) && input.dims.size() > 1 && input.dims[0].size != 1;
  }

 private:
  const Graph& graph_;
  FamilyParameters& parameters_;
  bool named_ = false;
  std::vector<std::string> asked_;
};

[[noreturn]] void refuse(const Graph& graph, const Input& input, const std::string& what, const std::string& allowed = "") {
  throw BadInput(problem({.file = graph.file, .key = "the input " + graph.values.text(input.value)}, what, allowed));
}

}  // namespace

int find_output(const Graph& graph, const std::vector<std::string>& names, FamilyParameters& parameters) {
  if (names.empty()) return -1;
  std::vector<std::string_view> known;
  for (const int output : graph.outputs) {
    known.push_back(graph.values.text(output));
    if (names.size() == 1 && known.back() == names.front()) return output;
  }
  if (known.size() > 20) known.resize(20);
  parameters.refuse("output", "no output has this name", listed(known));
  return -1;
}

TensorShape size_inputs(const Graph& graph, Values& values, FamilyParameters& parameters) {
  Sizes sizes(graph, parameters);
  TensorShape sample;
  std::int64_t elements = 0;
  for (const Input& input : graph.inputs) {
    if (!input.has_shape) refuse(graph, input, "it has no shape");
    if (sizes.has_fixed_batch(input))
      refuse(graph, input, "its batch is fixed to " + std::to_string(input.dims[0].size),
             "a file that was exported with a batch of 1, or with a symbolic one (dynamic_axes, dynamic_shapes)");
    Value& value = values.list[static_cast<std::size_t>(input.value)];
    for (std::size_t i = 0; i < input.dims.size(); ++i) value.dims.push_back(sizes.size(input, i));
    value.floating = is_float(input.type);
    value.role = value.floating ? Role::activation : Role::auxiliary;
    value.distinct = value.whole = value.elements();
    if (value.elements() < 0) refuse(graph, input, "its shape " + text_of(value.dims) + " is too large", "at most 2^53 elements");
    if (value.elements() == 0) refuse(graph, input, "its shape " + text_of(value.dims) + " has no elements");
    // A picture's channels stand before its edges.
    if (value.floating && value.rank() >= 4) value.channel_axis = 1;
    elements += value.elements();
    sample = shape_of(value);
    if (!value.floating) sample = {.width = value.elements()};
  }
  if (elements > kMostElements) throw BadInput(problem({.file = graph.file}, "its inputs are too large", "at most 2^53 elements"));
  return graph.inputs.size() == 1 ? sample : TensorShape{.width = std::max<std::int64_t>(elements, 1)};
}

}  // namespace forerun::onnx
