#include <algorithm>
#include <string_view>
#include <utility>

#include "workloads/onnx/fold.hpp"
#include "workloads/onnx/operators.hpp"

namespace forerun::onnx {
namespace {

/// What an operator of one input is counted as. One without a kind of its own takes that of the nearest arithmetic.
LayerKind kind_of(std::string_view op) {
  constexpr std::pair<std::string_view, LayerKind> kKinds[] = {
      {"Sigmoid", LayerKind::sigmoid}, {"Tanh", LayerKind::tanh},  {"Gelu", LayerKind::gelu},
      {"HardSwish", LayerKind::silu},  {"Swish", LayerKind::silu}, {"Mish", LayerKind::silu},
      {"Elu", LayerKind::silu},        {"Selu", LayerKind::silu},  {"Celu", LayerKind::silu},
  };
  constexpr std::string_view kComparisons[] = {"Relu",  "LeakyRelu", "Clip", "ThresholdedRelu", "Abs", "Neg", "Sign",
                                               "Floor", "Ceil",      "Round"};
  if (std::ranges::find(kComparisons, op) != std::end(kComparisons)) return LayerKind::relu;
  const auto* const found = std::ranges::find(kKinds, op, &std::pair<std::string_view, LayerKind>::first);
  return found == std::end(kKinds) ? LayerKind::sigmoid : found->second;
}

/// The inputs that layers or weights give; a scalar, a mask or a constant is read from cache.
std::vector<int> operands_of(const Network& net, const Operation& op) {
  std::vector<int> operands;
  for (std::size_t i = 0; i < op.inputs(); ++i) {
    if (!op.has(i)) continue;
    const Role role = op.input(i).role;
    if (role == Role::activation || (role == Role::weight && !net.is_scalar(op.id(i)))) operands.push_back(op.id(i));
  }
  return operands;
}

constexpr std::size_t kMostSummands = 16;

bool is_pattern(const Network& net, const Operation& op) {
  Steps steps;
  return make_biased(net, op, steps) || make_spelled_norm(net, op, steps) || make_rotary(net, op, steps);
}

/// The summands of sums that nothing else reads, in place of those sums.
void flatten(const Network& net, const Operation& op, std::vector<int>& operands) {
  for (std::size_t i = 0; i < operands.size() && operands.size() < kMostSummands;) {
    const auto inner = net.maker(operands[i], "Add");
    if (!inner || net.uses(inner->index()) != 1 || inner->output().dims != op.output().dims || is_pattern(net, *inner)) {
      ++i;
      continue;
    }
    const std::vector<int> summands = operands_of(net, *inner);
    if (summands.empty()) break;
    operands[i] = summands.front();
    operands.insert(operands.begin() + static_cast<std::ptrdiff_t>(i) + 1, summands.begin() + 1, summands.end());
  }
}

void join(const Network& net, const Operation& op, LayerKind kind, Steps& steps) {
  std::vector<int> operands = operands_of(net, op);
  if (op.name() == "Add" && operands.size() > 1) flatten(net, op, operands);
  if (operands.empty()) operands.push_back(op.id(0));
  // With a constant it is one pass over the tensor, whatever the function.
  LayerShape shape = same_shape(operands.size() == 1 ? LayerKind::add : kind, op.output());
  shape.operands = static_cast<int>(operands.size());
  steps.push_back({.shape = shape, .inputs = std::move(operands)});
}

}  // namespace

LayerShape same_shape(LayerKind kind, const Value& output) { return {.kind = kind, .input = shape_of(output), .output = shape_of(output)}; }

void make_unary(const Network&, const Operation& op, Steps& steps) {
  steps.push_back({.shape = same_shape(kind_of(op.name()), op.output()), .inputs = {op.id(0)}});
}

void make_softmax(const Network&, const Operation& op, Steps& steps) {
  steps.push_back({.shape = same_shape(LayerKind::softmax, op.output()), .inputs = {op.id(0)}});
}

/// It drops something where its ratio is not known to be zero, and it is not said to be for inference (from opset 12 on).
void infer_dropout(Operation& op) {
  const Attribute* old_ratio = op.attribute("ratio");
  const auto training = op.scalar(2);
  const bool off = op.scalar(1) == 0.0 || (old_ratio != nullptr && old_ratio->number == 0) || training == 0.0 ||
                   op.integer("is_test", 0) != 0 || (op.graph().opset >= 12 && !op.has(2));
  const Value& from = op.input(0);
  Value value = off ? op.view(from, from.dims) : op.result(from.dims, {0});
  value.channel_axis = from.channel_axis;
  if (off) copy(from, value);
  op.set(1, op.auxiliary(from.dims));
  op.set(0, std::move(value));
}

void make_dropout(const Network&, const Operation& op, Steps& steps) {
  steps.push_back({.shape = same_shape(LayerKind::dropout, op.output()), .inputs = {op.id(0)}});
}

void make_sum(const Network& net, const Operation& op, Steps& steps) {
  if (make_biased(net, op, steps) || make_spelled_norm(net, op, steps) || make_rotary(net, op, steps)) return;
  join(net, op, LayerKind::add, steps);
}

void make_multiplication(const Network& net, const Operation& op, Steps& steps) {
  if (make_gated(net, op, steps) || make_spelled_norm(net, op, steps)) return;
  join(net, op, LayerKind::multiply, steps);
}

void make_power(const Network& net, const Operation& op, Steps& steps) {
  if (!net.is_scalar(op.id(1))) return join(net, op, LayerKind::multiply, steps);
  LayerShape shape = same_shape(LayerKind::multiply, op.output());
  shape.operands = 2;
  steps.push_back({.shape = shape, .inputs = {op.id(0), op.id(0)}});
}

void infer_concat(Operation& op) {
  const Value& first = op.input(0);
  const std::size_t axis = op.axis(op.integer("axis", 1), first.rank());
  Dims dims = first.dims;
  dims[axis] = 0;
  bool weights = true;
  bool known = true;
  std::uint64_t part = 0;
  for (std::size_t i = 0; i < op.inputs(); ++i) {
    const Value& from = op.input(i);
    Dims other = from.dims;
    if (other.size() != dims.size()) op.refuse("its inputs differ in rank");
    dims[axis] += std::exchange(other[axis], dims[axis]);
    other[axis] = dims[axis];
    if (other != dims) op.refuse("its inputs differ in more than one dimension: " + text_of(first.dims) + " and " + text_of(from.dims));
    if (product(dims) < 0) op.refuse("its output is too large", "at most 2^53 elements");
    weights = weights && from.role == Role::weight;
    known = known && from.known;
    part = mixed(part, static_cast<std::int64_t>(from.part));
  }
  Value value = op.result(std::move(dims));
  if (weights) value.role = Role::weight, value.part = part, value.weight = first.weight, value.node = -1, value.joined = true;
  if (known && axis == 0 && is_small(value.dims)) {
    for (std::size_t i = 0; i < op.inputs(); ++i)
      value.numbers.insert(value.numbers.end(), op.input(i).numbers.begin(), op.input(i).numbers.end());
    value.known = true;
  }
  op.set(0, std::move(value));
}

void make_concat(const Network& net, const Operation& op, Steps& steps) {
  std::vector<int> operands;
  for (std::size_t i = 0; i < op.inputs(); ++i)
    if (op.input(i).role == Role::activation || op.input(i).role == Role::weight) operands.push_back(op.id(i));
  LayerShape shape = same_shape(LayerKind::concat, op.output());
  shape.input = shape_of(net.value(operands.front()));
  shape.operands = static_cast<int>(operands.size());
  steps.push_back({.shape = shape, .inputs = std::move(operands)});
}

void make_copy(const Network&, const Operation& op, Steps& steps) {
  const LayerShape shape{.kind = LayerKind::reshape, .input = shape_of(op.input(0)), .output = shape_of(op.output())};
  steps.push_back({.shape = shape, .inputs = {op.id(0)}});
}

/// A mean or a sum reads each element once and adds it, as average pooling does; a maximum compares it.
void make_reduction(const Network&, const Operation& op, Steps& steps) {
  LayerShape shape{.kind = LayerKind::average_pool, .input = shape_of(op.input(0)), .output = shape_of(op.output())};
  if (op.name() == "ReduceMax" || op.name() == "ReduceMin") shape.kind = LayerKind::max_pool;
  const auto ratio = [&](std::int64_t in, std::int64_t out) {
    const std::int64_t edge = in / std::max<std::int64_t>(out, 1);
    if (edge > (1 << 30)) op.refuse("it reduces too many elements at once", "at most 2^30");
    return static_cast<int>(std::max<std::int64_t>(edge, 1));
  };
  if (shape.input.channels == shape.output.channels)
    shape.window = {ratio(shape.input.height, shape.output.height), ratio(shape.input.width, shape.output.width),
                    ratio(shape.input.depth, shape.output.depth)};
  else
    shape.window = {1, ratio(op.input(0).elements(), op.output().elements())};
  steps.push_back({.shape = shape, .inputs = {op.id(0)}});
}

}  // namespace forerun::onnx
