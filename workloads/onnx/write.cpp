#include "workloads/onnx/write.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "workloads/formulas.hpp"
#include "workloads/onnx/arrange.hpp"
#include "workloads/onnx/operators.hpp"

namespace forerun::onnx {
namespace {

constexpr std::size_t kLongestName = 160;

std::string cleaned(std::string name) {
  for (char& c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  while (name.starts_with('/')) name.erase(0, 1);
  if (name.size() > kLongestName) name = name.substr(name.size() - kLongestName);
  return name;
}

class Writer {
 public:
  Writer(const Network& network, GraphBuilder& builder)
      : network_(network),
        builder_(builder),
        chosen_(network.graph().nodes.size()),
        layers_(chosen_.size(), kData),
        needed_(chosen_.size()) {}

  int write() {
    const Graph& graph = network_.graph();
    for (const int output : graph.outputs) need(output);
    for (std::size_t i = graph.nodes.size(); i-- > 0;)
      if (needed_[i] != 0) choose(static_cast<int>(i));
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
      if (!chosen_[i].empty()) write(static_cast<int>(i));
    const Value& first = network_.value(graph.outputs.front());
    if (first.role != Role::activation || first.node < 0)
      refuse("no layer calculates the output " + graph.values.text(graph.outputs.front()));
    return layers_[static_cast<std::size_t>(first.node)];
  }

 private:
  void need(int tensor) {
    const Value& value = network_.value(tensor);
    if (value.role == Role::activation && value.node >= 0) needed_[static_cast<std::size_t>(value.node)] = 1;
  }

  void choose(int node) {
    const Operation op = network_.at(node);
    const Operator* known = find_operator(op.name());
    if (known->make == nullptr) op.refuse("of activations is not supported: it stands for masks, shapes and indices alone");
    if (op.output().elements() == 0) op.refuse("its output has no elements");
    Steps& steps = chosen_[static_cast<std::size_t>(node)];
    known->make(network_, op, steps);
    layers_chosen_ += static_cast<std::int64_t>(steps.size());
    if (layers_chosen_ > kMostLayers) refuse("the network has too many layers", "at most " + std::to_string(kMostLayers));
    for (const Step& step : steps)
      for (const int input : step.inputs)
        if (input >= 0) need(input);
  }

  void write(int node) {
    const Operation op = network_.at(node);
    std::vector<int> written;
    for (Step& step : chosen_[static_cast<std::size_t>(node)]) {
      std::vector<int> inputs;
      for (const int input : step.inputs) inputs.push_back(input < 0 ? written[~input] : layer_of(input, op));
      written.push_back(append(op, step, std::move(inputs)));
    }
    layers_[static_cast<std::size_t>(node)] = written.back();
    chosen_[static_cast<std::size_t>(node)].clear();
  }

  /// Layers of one node have its name, those with weights that of the weights.
  [[nodiscard]] std::string name_of(const Operation& op, const Step& step) const {
    if (!step.weights.empty()) {
      const int weight = network_.value(step.weights.front()).weight;
      std::string name = network_.graph().values.text(network_.graph().initialisers[static_cast<std::size_t>(weight)].name);
      if (name.ends_with(".weight") && !name.starts_with("onnx::")) return cleaned(name.substr(0, name.size() - 7));
    }
    if (!op.node().name.empty()) return cleaned(op.node().name);
    return std::string(to_string(step.shape.kind));
  }

  int append(const Operation& op, Step& step, std::vector<int> inputs) {
    const int tied = step.weights.empty() ? -1 : owner_of(step.weights.front());
    // Biases that an earlier layer has are counted there.
    if (step.weights.size() == 2 && tied < 0 && owner_of(step.weights.back()) >= 0) {
      step.shape.bias = false;
      step.weights.pop_back();
    }
    builder_.at({.file = network_.graph().file});
    const int layer = builder_.layer(name_of(op, step), step.shape, std::move(inputs));
    for (const int weight : step.weights)
      if (const Value& value = network_.value(weight); owners_.try_emplace(value.part, layer).second) claim(op, value);
    if (tied >= 0) {
      LayerShape own = builder_.layer_at(tied).shape;
      LayerShape shared = step.shape;
      own.bias = shared.bias = false;
      if (parameters(own) != parameters(shared))
        op.refuse("it shares its weights with a layer of another size, " + builder_.layer_at(tied).name);
      builder_.tie(layer, tied);
    }
    return layer;
  }

  [[nodiscard]] int owner_of(int weight) const {
    const auto found = owners_.find(network_.value(weight).part);
    return found == owners_.end() ? -1 : found->second;
  }

  /// Counts the elements of an initialiser that are some layer's parameters.
  void claim(const Operation& op, const Value& value) {
    const Tensor& tensor = network_.graph().initialisers[static_cast<std::size_t>(value.weight)];
    if (value.joined) return;
    std::int64_t& claimed = claimed_[value.weight];
    claimed += value.distinct;
    if (claimed > product(tensor.dims))
      op.refuse("its weights are a part of " + network_.graph().values.text(tensor.name) + " that others have too");
  }

  /// The layer that gives a tensor; one that reads it, where it is a weight.
  int layer_of(int tensor, const Operation& op) {
    const Value& value = network_.value(tensor);
    if (value.role == Role::activation && value.node >= 0) return layers_[static_cast<std::size_t>(value.node)];
    if (value.role != Role::weight) return kData;
    const auto [found, added] = read_.try_emplace(value.part, kData);
    if (!added) return found->second;
    const std::int64_t channels = std::max<std::int64_t>(value.last(), 1);
    if (value.distinct == 0) op.refuse("a weight that it reads has no elements");
    LayerShape shape{.kind = LayerKind::embedding};
    const bool whole_rows = value.distinct % channels == 0;
    shape.rows = whole_rows ? value.distinct / channels : 1;
    shape.output = {.channels = whole_rows ? channels : value.distinct, .width = shape.rows};
    shape.input = {.width = shape.rows};
    shape.bias = false;
    Step step{.shape = shape, .weights = {tensor}};
    const int layer = append(op, step, {kData});
    return read_[value.part] = layer;
  }

  [[noreturn]] void refuse(const std::string& what, const std::string& allowed = "") const {
    throw BadInput(problem({.file = network_.graph().file}, what, allowed));
  }

  const Network& network_;
  GraphBuilder& builder_;
  std::vector<Steps> chosen_;  ///< of each node
  std::vector<int> layers_;    ///< of each node
  std::vector<char> needed_;   ///< of each node
  std::int64_t layers_chosen_ = 0;
  std::unordered_map<std::uint64_t, int> owners_;  ///< layers by the weights that are theirs
  std::unordered_map<std::uint64_t, int> read_;    ///< layers that only read a weight
  std::unordered_map<int, std::int64_t> claimed_;  ///< elements by initialiser
};

}  // namespace

int write_layers(const Network& network, GraphBuilder& builder) { return Writer(network, builder).write(); }

}  // namespace forerun::onnx
