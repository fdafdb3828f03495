#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <string_view>
#include <utility>

#include "workloads/onnx/fold.hpp"
#include "workloads/onnx/operators.hpp"

namespace forerun::onnx {
namespace {

using Function = double (*)(std::span<const double>);

struct NamedFunction {
  std::string_view name;
  Function function;
};

double fold_sum(std::span<const double> x) {
  double sum = 0;
  for (const double each : x) sum += each;
  return sum;
}

/// Towards zero of whole numbers, as ONNX's Div and PyTorch's exported floor divisions of sizes have it.
double divide(std::span<const double> x) { return x[1] == 0 ? std::nan("") : x[0] / x[1]; }

double remainder(std::span<const double> x) { return x[1] == 0 ? std::nan("") : x[0] - std::floor(x[0] / x[1]) * x[1]; }

constexpr NamedFunction kFunctions[] = {
    {"Add", fold_sum},
    {"Sum", fold_sum},
    {"Sub", [](std::span<const double> x) { return x[0] - x[1]; }},
    {"Mul", [](std::span<const double> x) { return x[0] * x[1]; }},
    {"Div", divide},
    {"Mod", remainder},
    {"Pow", [](std::span<const double> x) { return std::pow(x[0], x[1]); }},
    {"Min", [](std::span<const double> x) { return *std::ranges::min_element(x); }},
    {"Max", [](std::span<const double> x) { return *std::ranges::max_element(x); }},
    {"And", [](std::span<const double> x) { return x[0] != 0 && x[1] != 0 ? 1.0 : 0.0; }},
    {"Or", [](std::span<const double> x) { return x[0] != 0 || x[1] != 0 ? 1.0 : 0.0; }},
    {"Equal", [](std::span<const double> x) { return x[0] == x[1] ? 1.0 : 0.0; }},
    {"Less", [](std::span<const double> x) { return x[0] < x[1] ? 1.0 : 0.0; }},
    {"LessOrEqual", [](std::span<const double> x) { return x[0] <= x[1] ? 1.0 : 0.0; }},
    {"Greater", [](std::span<const double> x) { return x[0] > x[1] ? 1.0 : 0.0; }},
    {"GreaterOrEqual", [](std::span<const double> x) { return x[0] >= x[1] ? 1.0 : 0.0; }},
    {"Where", [](std::span<const double> x) { return x[0] != 0 ? x[1] : x[2]; }},
    {"Not", [](std::span<const double> x) { return x[0] == 0 ? 1.0 : 0.0; }},
    {"Neg", [](std::span<const double> x) { return -x[0]; }},
    {"Abs", [](std::span<const double> x) { return std::abs(x[0]); }},
    {"Ceil", [](std::span<const double> x) { return std::ceil(x[0]); }},
    {"Floor", [](std::span<const double> x) { return std::floor(x[0]); }},
    {"Round", [](std::span<const double> x) { return std::nearbyint(x[0]); }},
    {"Sqrt", [](std::span<const double> x) { return std::sqrt(x[0]); }},
    {"Exp", [](std::span<const double> x) { return std::exp(x[0]); }},
    {"Log", [](std::span<const double> x) { return std::log(x[0]); }},
    {"Reciprocal", [](std::span<const double> x) { return 1 / x[0]; }},
};

Function function_of(std::string_view name) {
  const auto* const found = std::ranges::find(kFunctions, name, &NamedFunction::name);
  return found == std::end(kFunctions) ? nullptr : found->function;
}

/// Elements from the inputs, each with the one at its place.
void elementwise(Operation& op, Value value) {
  const Function function = function_of(op.name());
  if (function != nullptr) calculate(op, value, function);
  if (op.name() == "Div" && !value.floating)
    for (double& number : value.numbers) number = std::trunc(number);
  op.set(0, std::move(value));
}

void require(const Operation& op, std::size_t least) {
  if (op.inputs() < least) op.refuse("it has fewer than " + std::to_string(least) + " inputs");
  for (std::size_t i = 0; i < op.inputs(); ++i) static_cast<void>(op.id(i));
}

}  // namespace

void infer_unary(Operation& op) {
  const Value& from = op.input(0);
  Value value = op.result(from.dims, {0});
  value.channel_axis = from.channel_axis;
  const Function function = function_of(op.name());
  if (function != nullptr && from.known) {
    for (const double& number : from.numbers) value.numbers.push_back(function({&number, 1}));
    value.known = true;
  }
  op.set(0, std::move(value));
}

void infer_binary(Operation& op) {
  require(op, 2);
  if (op.inputs() != 2) op.refuse("it has more than two inputs");
  elementwise(op, op.result(broadcast(op)));
}

void infer_variadic(Operation& op) {
  require(op, 1);
  elementwise(op, op.result(broadcast(op)));
}

void infer_comparison(Operation& op) {
  require(op, op.name() == "Not" || op.name() == "IsNaN" || op.name() == "IsInf" ? 1 : 2);
  if (op.inputs() > 2) op.refuse("it has more than two inputs");
  elementwise(op, op.auxiliary(broadcast(op)));
}

void infer_where(Operation& op) {
  require(op, 3);
  if (op.inputs() != 3) op.refuse("it has more than three inputs");
  Value value = op.result(broadcast(op), {1, 2});
  // A mask: numbers of the file, picked by what is true.
  if (value.role == Role::constant && op.input(0).role != Role::constant) value.role = Role::auxiliary;
  elementwise(op, std::move(value));
}

void infer_shape(Operation& op) {
  const Value& from = op.input(0);
  const auto rank = static_cast<std::int64_t>(from.rank());
  const auto within = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank); };
  const std::int64_t start = within(op.integer("start", 0));
  const std::int64_t end = std::max(within(op.integer("end", rank)), start);
  Value value = op.auxiliary({end - start});
  for (std::int64_t i = start; i < end; ++i) value.numbers.push_back(static_cast<double>(from.dims[static_cast<std::size_t>(i)]));
  value.known = true;
  op.set(0, std::move(value));
}

void infer_size(Operation& op) {
  Value value = op.auxiliary({});
  value.numbers = {static_cast<double>(op.input(0).elements())};
  value.known = true;
  op.set(0, std::move(value));
}

namespace {

Value tensor_value(const Operation& op, const Tensor& tensor) {
  Value value = op.auxiliary(tensor.dims);
  value.floating = is_float(tensor.type);
  if (value.floating) value.role = Role::constant;
  value.known = tensor.known;
  value.numbers = tensor.numbers;
  return value;
}

}  // namespace

void infer_constant(Operation& op) {
  if (const Attribute* given = op.attribute("value"); given != nullptr && given->tensor >= 0)
    return op.set(0, tensor_value(op, op.graph().tensors[static_cast<std::size_t>(given->tensor)]));
  Value value = op.auxiliary({});
  value.known = true;
  if (const Attribute* given = op.attribute("value_int")) {
    value.numbers = {static_cast<double>(given->integer)};
  } else if (const Attribute* list = op.attribute("value_ints")) {
    value.dims = {static_cast<std::int64_t>(list->integers.size())};
    for (const std::int64_t each : list->integers) value.numbers.push_back(static_cast<double>(each));
  } else if (const Attribute* number = op.attribute("value_float")) {
    value.numbers = {number->number};
    value.floating = true;
  } else if (const Attribute* numbers = op.attribute("value_floats")) {
    value.dims = {static_cast<std::int64_t>(numbers->numbers.size())};
    value.numbers = numbers->numbers;
    value.floating = true;
  } else {
    op.refuse("it has no value of a kind that is known", "value, value_int, value_ints, value_float, value_floats");
  }
  if (value.floating) value.role = Role::constant;
  value.distinct = value.whole = value.elements();
  op.set(0, std::move(value));
}

void infer_constant_of_shape(Operation& op) {
  Dims dims = op.numbers(0);
  if (dims.size() > kMostDims || std::ranges::any_of(dims, [](std::int64_t dim) { return dim < 0; })) op.refuse("its shape is none");
  Value value = op.auxiliary(std::move(dims));
  value.floating = true;
  double number = 0;
  if (const Attribute* given = op.attribute("value"); given != nullptr && given->tensor >= 0) {
    const Tensor& tensor = op.graph().tensors[static_cast<std::size_t>(given->tensor)];
    value.floating = is_float(tensor.type);
    if (tensor.known && tensor.numbers.size() == 1) number = tensor.numbers.front();
  }
  if (value.floating) value.role = Role::constant;
  if (is_small(value.dims)) value.numbers.assign(static_cast<std::size_t>(value.elements()), number), value.known = true;
  op.set(0, std::move(value));
}

void infer_range(Operation& op) {
  const auto start = op.scalar(0);
  const auto limit = op.scalar(1);
  const auto delta = op.scalar(2);
  if (!start || !limit || !delta) op.refuse("its length depends on values that the file does not tell");
  const double count = std::max(0.0, std::ceil((*limit - *start) / *delta));
  if (!(count <= static_cast<double>(kMostElements))) op.refuse("its output is too large", "at most 2^53 elements");
  Value value = op.auxiliary({static_cast<std::int64_t>(count)});
  value.floating = op.input(0).floating;
  if (is_small(value.dims)) {
    for (std::int64_t i = 0; i < value.dims[0]; ++i) value.numbers.push_back(*start + static_cast<double>(i) * *delta);
    value.known = true;
  }
  op.set(0, std::move(value));
}

void infer_reduction(Operation& op) {
  const Value& from = op.input(0);
  const auto list = op.list("axes", 1);
  std::vector<std::size_t> axes;
  if (list && !list->empty()) axes = op.axes(*list, from.rank());
  const bool all = axes.empty() && op.integer("noop_with_empty_axes", 0) == 0;
  const bool keeps = op.integer("keepdims", 1) != 0;
  Dims dims;
  for (std::size_t i = 0; i < from.rank(); ++i) {
    if (!all && !std::ranges::binary_search(axes, i))
      dims.push_back(from.dims[i]);
    else if (keeps)
      dims.push_back(1);
  }
  Value value = op.result(std::move(dims), {0});
  value.channel_axis = keeps ? from.channel_axis : -1;
  if (from.known && (all || axes.size() == from.rank()) && !from.numbers.empty()) {
    double number = from.numbers.front();
    for (std::size_t i = 1; i < from.numbers.size(); ++i) {
      const double next = from.numbers[i];
      number = op.name() == "ReduceProd"  ? number * next
               : op.name() == "ReduceMax" ? std::max(number, next)
               : op.name() == "ReduceMin" ? std::min(number, next)
                                          : number + next;
    }
    if (op.name() == "ReduceMean") number /= static_cast<double>(from.numbers.size());
    const bool other = op.name() == "ReduceL2" || op.name() == "ReduceL1" || op.name() == "ReduceSumSquare";
    if (!other) value.numbers = {number}, value.known = true;
  }
  op.set(0, std::move(value));
}

}  // namespace forerun::onnx
