#include "workloads/onnx/operation.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "io/text.hpp"
#include "workloads/onnx/arrange.hpp"

namespace forerun::onnx {

std::string text_of(const Dims& dims) {
  std::string text = "[";
  for (std::size_t i = 0; i < dims.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(dims[i]);
  return text + "]";
}

void Operation::refuse(const std::string& what, const std::string& allowed) const {
  throw BadInput(problem({.file = graph_.file, .key = described(graph_, node_)}, what, allowed));
}

const Value& Operation::input(std::size_t input) const { return values_.list[static_cast<std::size_t>(id(input))]; }

int Operation::id(std::size_t input) const {
  if (!has(input)) refuse("its input " + std::to_string(input + 1) + " is missing");
  return node_.inputs[input];
}

const Attribute* Operation::attribute(std::string_view name) const {
  const auto found =
      std::ranges::find_if(node_.attributes, [&](const Attribute& a) { return a.name >= 0 && graph_.words.text(a.name) == name; });
  return found == node_.attributes.end() ? nullptr : &*found;
}

std::int64_t Operation::integer(std::string_view name, std::int64_t fallback) const {
  const Attribute* found = attribute(name);
  return found == nullptr ? fallback : found->integer;
}

std::string Operation::text(std::string_view name, std::string_view fallback) const {
  const Attribute* found = attribute(name);
  return found == nullptr ? std::string(fallback) : found->text;
}

std::optional<std::vector<std::int64_t>> Operation::list(std::string_view name, std::size_t input) const {
  if (const Attribute* found = attribute(name)) return found->integers;
  if (!has(input)) return std::nullopt;
  return numbers(input);
}

std::vector<std::int64_t> Operation::numbers(std::size_t number) const {
  const Value& value = input(number);
  if (!value.known) refuse("its shape depends on the values of " + graph_.values.text(id(number)) + ", which the file does not tell");
  constexpr auto kMost = static_cast<double>(kMostElements);  // the end of a slice may be as far as numbers go
  std::vector<std::int64_t> list;
  for (const double each : value.numbers) {
    if (std::isnan(each)) refuse("a number of its shape is none");
    list.push_back(static_cast<std::int64_t>(std::clamp(each, -kMost, kMost)));
  }
  return list;
}

std::optional<double> Operation::scalar(std::size_t number) const {
  if (!has(number)) return std::nullopt;
  const Value& value = input(number);
  if (!value.known || value.numbers.size() != 1) return std::nullopt;
  return value.numbers.front();
}

std::size_t Operation::axis(std::int64_t axis, std::size_t rank) const {
  const auto dims = static_cast<std::int64_t>(rank);
  if (axis < -dims || axis >= dims)
    refuse("its axis " + std::to_string(axis) + " is not one of its input's",
           "-" + std::to_string(dims) + " to " + std::to_string(dims - 1));
  return static_cast<std::size_t>(axis < 0 ? axis + dims : axis);
}

std::vector<std::size_t> Operation::axes(const std::vector<std::int64_t>& list, std::size_t rank) const {
  std::vector<std::size_t> axes;
  axes.reserve(list.size());
  for (const std::int64_t each : list) axes.push_back(axis(each, rank));
  std::ranges::sort(axes);
  if (std::ranges::adjacent_find(axes) != axes.end()) refuse("it names an axis twice");
  return axes;
}

Value Operation::result(Dims dims, std::vector<std::size_t> data) const {
  if (data.empty())
    for (std::size_t i = 0; i < inputs(); ++i)
      if (has(i)) data.push_back(i);
  Value value;
  value.node = index_;
  bool activation = false;
  bool weight = false;
  bool auxiliary = false;
  bool floating = false;
  for (const std::size_t i : data) {
    const Value& from = input(i);
    floating = floating || from.floating;
    if (from.role == Role::activation && !activation && from.rank() == dims.size()) value.channel_axis = from.channel_axis;
    activation = activation || from.role == Role::activation;
    weight = weight || from.role == Role::weight;
    // A scalar that follows from a shape says nothing about where the others come from.
    auxiliary = auxiliary || (from.role == Role::auxiliary && !(from.known && from.elements() == 1));
  }
  value.floating = floating;
  value.role = activation || (weight && !auxiliary) ? Role::activation : (auxiliary || !floating) ? Role::auxiliary : Role::constant;
  value.dims = std::move(dims);
  value.distinct = value.whole = value.elements();
  return value;
}

Value Operation::view(const Value& of, Dims dims) const {
  Value value;
  value.role = of.role;
  value.floating = of.floating;
  value.node = of.node;
  value.weight = of.weight;
  value.part = of.part;
  value.joined = of.joined;
  value.whole = of.whole;
  value.dims = std::move(dims);
  value.distinct = std::min(of.distinct, value.elements());
  return value;
}

Value Operation::auxiliary(Dims dims) const {
  Value value;
  value.role = Role::auxiliary;
  value.node = index_;
  value.dims = std::move(dims);
  value.distinct = value.whole = value.elements();
  return value;
}

void Operation::set(std::size_t output, Value value) {
  if (output >= node_.outputs.size() || node_.outputs[output] < 0) return;
  if (value.rank() > kMostDims) refuse("its output has too many dimensions", "at most " + std::to_string(kMostDims));
  if (std::ranges::any_of(value.dims, [](std::int64_t dim) { return dim < 0; })) refuse("its output would have a negative dimension");
  if (value.elements() < 0) refuse("its output " + text_of(value.dims) + " is too large", "at most 2^53 elements");
  values_.spent += static_cast<std::int64_t>(sizeof(Value) + 8 * (value.dims.size() + value.numbers.size()));
  if (values_.spent > kMostMemory) refuse("the graph is too large", "at most 128 MiB of shapes");
  values_.list[static_cast<std::size_t>(node_.outputs[output])] = std::move(value);
}

}  // namespace forerun::onnx
