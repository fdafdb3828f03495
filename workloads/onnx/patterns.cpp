#include <cmath>
#include <utility>

#include "workloads/onnx/operators.hpp"

namespace forerun::onnx {
namespace {

constexpr int kDeepest = 8;  // nodes between a pattern's end and its start

/// A product without its scalars: factor times the others.
struct Factors {
  double factor = 1;
  std::vector<int> others;
};

void take_apart(const Network& net, int tensor, int depth, Factors& factors) {
  const auto node = net.maker(tensor);
  const bool divides = node && node->name() == "Div";
  if (depth > 3 || !node || (node->name() != "Mul" && !divides)) return factors.others.push_back(tensor);
  const auto scalar = [&](std::size_t input) { return net.is_activation(node->id(input)) ? std::nullopt : net.scalar(node->id(input)); };
  if (divides && (!scalar(1) || *scalar(1) == 0)) return factors.others.push_back(tensor);
  for (const std::size_t i : {0, 1}) {
    const auto number = scalar(i);
    if (!number)
      take_apart(net, node->id(i), depth + 1, factors);
    else
      factors.factor *= divides && i == 1 ? 1 / *number : *number;
  }
}

Factors factors_of(const Network& net, const Operation& op) {
  Factors factors;
  take_apart(net, op.node().outputs.front(), 0, factors);
  return factors;
}

bool near(double a, double b) { return std::abs(a - b) <= 1e-3 * std::abs(b); }

/// Whether the tensor is calculated from x and numbers alone, by sums, products and powers.
bool is_polynomial(const Network& net, int tensor, int x, int depth = 0) {
  if (net.same(tensor, x)) return true;
  const auto node = net.maker(tensor);
  if (!node || depth > kDeepest) return false;
  const std::string& name = node->name();
  if (name != "Mul" && name != "Add" && name != "Div" && name != "Pow") return false;
  for (const std::size_t i : {0, 1}) {
    const int input = node->id(i);
    if (!net.is_scalar(input) && !is_polynomial(net, input, x, depth + 1)) return false;
  }
  return true;
}

/// The tensor that a number is added to.
std::optional<int> plus_one(const Network& net, int tensor) {
  const auto sum = net.maker(tensor, "Add");
  if (!sum) return std::nullopt;
  for (const std::size_t i : {0, 1})
    if (const auto number = net.scalar(sum->id(i)); number && near(*number, 1) && !net.is_activation(sum->id(i))) return sum->id(1 - i);
  return std::nullopt;
}

std::optional<LayerKind> gated_kind(const Network& net, const Factors& factors, int x, int gate) {
  if (const auto sigmoid = net.maker(gate, "Sigmoid"); sigmoid && is_polynomial(net, sigmoid->id(0), x)) return LayerKind::silu;
  if (const auto hard = net.maker(gate, "HardSigmoid"); hard && net.same(hard->id(0), x)) return LayerKind::silu;
  const auto inner = plus_one(net, gate);
  if (!inner || !near(factors.factor, 0.5)) return std::nullopt;
  for (const std::string_view function : {"Erf", "Tanh"})
    if (const auto node = net.maker(*inner, function); node && is_polynomial(net, node->id(0), x)) return LayerKind::gelu;
  return std::nullopt;
}

}  // namespace

bool make_gated(const Network& net, const Operation& op, Steps& steps) {
  if (op.name() != "Mul") return false;
  const Factors factors = factors_of(net, op);
  if (factors.others.size() != 2) return false;
  for (const std::size_t i : {0, 1}) {
    const int x = factors.others[i];
    if (const auto kind = gated_kind(net, factors, x, factors.others[1 - i])) {
      steps.push_back({.shape = same_shape(*kind, op.output()), .inputs = {x}});
      return true;
    }
  }
  return false;
}

bool make_rotary(const Network& net, const Operation& op, Steps& steps) {
  if (op.name() != "Add") return false;
  /// The activation of a product with positions' sines or cosines.
  const auto turned = [&](std::size_t input) -> std::optional<int> {
    const auto product = net.maker(op.id(input), "Mul");
    if (!product) return std::nullopt;
    for (const std::size_t i : {0, 1})
      if (net.value(product->id(i)).role == Role::auxiliary && net.is_activation(product->id(1 - i))) return product->id(1 - i);
    return std::nullopt;
  };
  const auto first = turned(0);
  const auto second = turned(1);
  if (!first || !second) return false;
  for (const auto& [straight, crossed] : {std::pair(*first, *second), std::pair(*second, *first)}) {
    const auto halves = net.maker(crossed, "Concat");
    if (!halves || halves->inputs() != 2) continue;
    const auto negative = net.maker(halves->id(0), "Neg");
    if (!negative || net.value(negative->id(0)).node != net.value(straight).node ||
        net.value(halves->id(1)).node != net.value(straight).node)
      continue;
    steps.push_back({.shape = same_shape(LayerKind::rotary, op.output()), .inputs = {straight}});
    return true;
  }
  return false;
}

bool make_biased(const Network& net, const Operation& op, Steps& steps) {
  if (op.name() != "Add") return false;
  for (const std::size_t i : {0, 1}) {
    const Value& bias = op.input(1 - i);
    const auto product = net.maker(op.id(i));
    if (!product || bias.role != Role::weight || net.uses(product->index()) != 1) continue;
    const std::string& name = product->name();
    if (name != "MatMul" && name != "Conv" && name != "ConvTranspose" && name != "Gemm") continue;
    Steps made;
    find_operator(name)->make(net, *product, made);
    if (made.size() != 1 || made.front().shape.bias || made.front().weights.size() != 1 || made.front().shape.experts != 1) continue;
    const std::int64_t channels = made.front().shape.output.channels;
    if (bias.distinct != channels || bias.elements() != channels || op.output().elements() != made.front().shape.output.elements())
      continue;
    made.front().shape.bias = true;
    made.front().weights.push_back(op.id(1 - i));
    steps.push_back(std::move(made.front()));
    return true;
  }
  return false;
}

}  // namespace forerun::onnx
