#include <algorithm>
#include <cmath>

#include "workloads/onnx/fold.hpp"
#include "workloads/onnx/operators.hpp"

namespace forerun::onnx {
namespace {

/// Elements of rows that are picked by known indices.
void fold(const Operation& op, const Value& from, std::size_t axis, Value& value) {
  const Value& at = op.input(1);
  if (!from.known || !at.known || !is_small(value.dims)) return;
  const Dims strides = strides_of(from.dims);
  const std::int64_t inner = strides[axis];
  const std::int64_t outer = product({from.dims.begin(), from.dims.begin() + static_cast<std::ptrdiff_t>(axis)});
  for (std::int64_t i = 0; i < outer; ++i)
    for (const double each : at.numbers) {
      const std::size_t row = op.axis(static_cast<std::int64_t>(each), static_cast<std::size_t>(from.dims[axis]));
      const auto start = from.numbers.begin() + i * from.dims[axis] * inner + static_cast<std::int64_t>(row) * inner;
      value.numbers.insert(value.numbers.end(), start, start + inner);
    }
  value.known = true;
}

}  // namespace

void infer_gather(Operation& op) {
  const Value& from = op.input(0);
  const Value& at = op.input(1);
  const std::size_t axis = op.axis(op.integer("axis", 0), from.rank());
  const auto single = op.scalar(1);
  if (single && at.rank() == 0 && from.dims[axis] > 0) {
    const std::size_t index = op.axis(op.numbers(1).front(), static_cast<std::size_t>(from.dims[axis]));
    return op.set(0, position(op, from, axis, static_cast<std::int64_t>(index)));
  }
  const auto middle = from.dims.begin() + static_cast<std::ptrdiff_t>(axis);
  Dims dims(from.dims.begin(), middle);
  dims.insert(dims.end(), at.dims.begin(), at.dims.end());
  dims.insert(dims.end(), middle + 1, from.dims.end());
  Value value = op.result(std::move(dims), {0});
  fold(op, from, axis, value);
  op.set(0, std::move(value));
}

void infer_index_of(Operation& op) {
  const Value& from = op.input(0);
  const std::size_t axis = op.axis(op.integer("axis", 0), from.rank());
  Dims dims = from.dims;
  if (op.integer("keepdims", 1) != 0)
    dims[axis] = 1;
  else
    dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(axis));
  op.set(0, op.auxiliary(std::move(dims)));
}

/// As many elements as its input has.
void infer_index_arithmetic(Operation& op) { op.set(0, op.result(op.input(0).dims, {0})); }

void infer_gather_nd(Operation& op) {
  const Value& from = op.input(0);
  const Value& at = op.input(1);
  const std::int64_t batch = op.integer("batch_dims", 0);
  const std::int64_t depth = at.last();
  const auto rank = static_cast<std::int64_t>(from.rank());
  if (at.rank() == 0 || batch < 0 || batch > rank || depth < 0 || depth > rank - batch) op.refuse("its indices do not fit its input");
  Dims dims(at.dims.begin(), at.dims.end() - 1);
  dims.insert(dims.end(), from.dims.begin() + batch + depth, from.dims.end());
  op.set(0, op.result(std::move(dims), {0}));
}

void infer_gather_elements(Operation& op) { op.set(0, op.result(op.input(1).dims, {0})); }

/// Rows of a table of weights, or positions of an activation.
void make_gather(const Network&, const Operation& op, Steps& steps) {
  const Value& from = op.input(0);
  const Value& at = op.input(1);
  const Value& out = op.output();
  const std::int64_t positions = at.elements();
  if (from.role != Role::weight || positions == 0) {
    steps.push_back({.shape = {.kind = LayerKind::reshape, .input = shape_of(from), .output = shape_of(out)}, .inputs = {op.id(0)}});
    return;
  }
  const std::size_t axis = op.axis(op.integer("axis", 0), from.rank());
  const std::int64_t channels = out.elements() / positions;
  LayerShape shape{.kind = LayerKind::embedding, .input = {.width = positions}, .output = {.channels = channels, .width = positions}};
  shape.rows = from.dims[axis];
  shape.bias = false;
  steps.push_back({.shape = shape, .inputs = {op.id(1)}, .weights = {op.id(0)}});
}

}  // namespace forerun::onnx
