#include <algorithm>

#include "workloads/onnx/operators.hpp"

namespace forerun::onnx {
namespace {

constexpr int kMostMasks = 8;

/// The softmax of scores and what stands between it and the values.
struct Probabilities {
  int scores = -1;  ///< what the softmax reads
  int softmax = -1;
  bool dropout = false;
};

std::optional<Probabilities> find_softmax(const Network& net, int tensor) {
  Probabilities found;
  for (int i = 0; i < kMostMasks; ++i) {
    const auto node = net.maker(tensor);
    if (!node) return std::nullopt;
    if (node->name() == "Softmax") {
      if (node->input(0).rank() == 0 || node->axis(node->integer("axis", -1), node->input(0).rank()) + 1 != node->input(0).rank())
        return std::nullopt;
      found.scores = node->id(0);
      found.softmax = node->index();
      return found;
    }
    if (node->name() == "Dropout") {
      found.dropout = true;
      tensor = node->id(0);
    } else if (node->name() == "Where") {
      // A row without any key would divide by zero: exporters put zeros there.
      tensor = net.is_activation(node->id(1)) ? node->id(1) : node->id(2);
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

struct Scores {
  std::optional<Operation> product;
  std::vector<int> biases;  ///< activations and weights that are added
};

/// Whether weights that are added to scores are learned: one for each head. What all heads share is a mask.
bool is_bias(const Value& value) { return value.role == Role::weight && value.rank() > 2 && value.dims[value.rank() - 3] > 1; }

/// Back through masks, biases and scales to the product of queries and keys.
Scores find_product(const Network& net, int tensor) {
  Scores found;
  const std::int64_t elements = net.value(tensor).elements();
  for (int i = 0; i < kMostMasks; ++i) {
    const auto node = net.maker(tensor);
    if (!node) return {};
    if (node->name() == "MatMul") {
      found.product.emplace(*node);
      return found;
    }
    const bool masks = node->name() == "Where";
    if (!masks && node->name() != "Add" && node->name() != "Mul" && node->name() != "Div") return {};
    int next = -1;
    for (const std::size_t k : {masks ? 2U : 0U, 1U}) {
      const int input = node->id(k);
      const bool continues =
          next < 0 && net.is_activation(input) && net.value(input).elements() == elements && net.maker(input).has_value();
      if (continues)
        next = input;
      else if (node->name() == "Add" && (net.is_activation(input) || is_bias(net.value(input))))
        found.biases.push_back(input);
      else if ((node->name() == "Mul" || node->name() == "Div") && !net.is_scalar(input))
        return {};
    }
    if (next < 0) return {};
    tensor = next;
  }
  return {};
}

/// What is scaled by a number.
int unscaled(const Network& net, int tensor) {
  for (int i = 0; i < 2; ++i) {
    const auto node = net.maker(tensor);
    if (!node || (node->name() != "Mul" && node->name() != "Div")) return tensor;
    if (net.is_scalar(node->id(1)))
      tensor = node->id(0);
    else if (node->name() == "Mul" && net.is_scalar(node->id(0)))
      tensor = node->id(1);
    else
      return tensor;
  }
  return tensor;
}

/// Heads that are not copies of others.
std::int64_t distinct_heads(const Value& value, std::int64_t heads) {
  const std::int64_t one = value.elements() / heads;
  const std::int64_t distinct = one > 0 ? value.distinct / one : heads;
  return distinct > 0 && heads % distinct == 0 ? distinct : heads;
}

}  // namespace

bool make_spelled_attention(const Network& net, const Operation& op, Steps& steps) {
  const auto probabilities = find_softmax(net, op.id(0));
  if (!probabilities || !net.is_activation(op.id(1)) || net.uses(probabilities->softmax) != 1) return false;
  const Scores scores = find_product(net, probabilities->scores);
  if (!scores.product) return false;
  const int query = unscaled(net, scores.product->id(0));
  const int key = unscaled(net, scores.product->id(1));
  if (!net.is_activation(query) || !net.is_activation(key)) return false;
  const Value& q = scores.product->input(0);
  const Value& k = scores.product->input(1);
  const Value& v = op.input(1);
  if (q.rank() < 2 || k.rank() < 2 || v.rank() < 2 || v.elements() == 0 || k.elements() == 0 || q.elements() == 0) return false;
  const std::int64_t positions = q.dims[q.rank() - 2];
  const std::int64_t keys = k.last();
  const std::int64_t heads = q.elements() / (positions * q.last());
  if (v.dims[v.rank() - 2] != keys || op.output().elements() != heads * positions * v.last()) return false;
  LayerShape shape{.kind = LayerKind::attention};
  shape.input = {.channels = heads * q.last(), .width = positions};
  shape.output = {.channels = heads * v.last(), .width = positions};
  shape.attention = {.heads = heads,
                     .key_heads = distinct_heads(net.value(key), k.elements() / (keys * q.last())),
                     .key_channels = q.last(),
                     .value_channels = v.last(),
                     .keys = keys,
                     .dropout = probabilities->dropout};
  if (heads % shape.attention.key_heads != 0) shape.attention.key_heads = heads;
  Step step{.shape = shape, .inputs = {query, key, op.id(1)}};
  step.inputs.insert(step.inputs.end(), scores.biases.begin(), scores.biases.end());
  steps.push_back(std::move(step));
  return true;
}

}  // namespace forerun::onnx
