#include <algorithm>
#include <numeric>

#include "workloads/onnx/fold.hpp"
#include "workloads/onnx/operators.hpp"

namespace forerun::onnx {
namespace {

/// Some positions of one axis: `count` from `start` on, every `step`.
struct Cut {
  std::size_t axis;
  std::int64_t start, step, count;
};

Value cut(const Operation& op, const Value& of, const Cut& c) {
  Dims dims = of.dims;
  const bool all = c.count == dims[c.axis];
  dims[c.axis] = c.count;
  Value value = op.view(of, std::move(dims));
  value.channel_axis = of.channel_axis;
  if (!all)
    for (const std::int64_t each : {static_cast<std::int64_t>(c.axis), c.start, c.step, c.count}) value.part = mixed(value.part, each);
  Dims strides = strides_of(of.dims);
  const std::int64_t offset = c.start * strides[c.axis];
  strides[c.axis] *= c.step;
  if (c.count > 0 || value.elements() == 0) copy(of, value, c.count > 0 ? offset : 0, strides);
  return value;
}

}  // namespace

std::uint64_t mixed(std::uint64_t part, std::int64_t more) {
  part ^= static_cast<std::uint64_t>(more) + 0x9e3779b97f4a7c15 + (part << 6) + (part >> 2);
  return part * 0xff51afd7ed558ccd;
}

Value position(const Operation& op, const Value& of, std::size_t axis, std::int64_t at) {
  return without_axes(op, cut(op, of, {axis, at, 1, 1}), {axis});
}

void infer_slice(Operation& op) {
  const Value& from = op.input(0);
  const auto starts = op.list("starts", 1);
  const auto ends = op.list("ends", 2);
  if (!starts || !ends || starts->size() != ends->size()) op.refuse("it has not as many starts as ends");
  std::vector<std::int64_t> first(starts->size());
  std::iota(first.begin(), first.end(), 0);
  const std::vector<std::int64_t> axes = op.list("axes", 3).value_or(first);
  const std::vector<std::int64_t> steps = op.list("steps", 4).value_or(std::vector<std::int64_t>(starts->size(), 1));
  if (axes.size() != starts->size() || steps.size() != starts->size()) op.refuse("it has not as many axes or steps as starts");
  static_cast<void>(op.axes(axes, from.rank()));
  if (from.rank() == 0) op.refuse("its input has no dimension to slice");
  Value value = cut(op, from, {0, 0, 1, from.dims[0]});
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = op.axis(axes[i], from.rank());
    const std::int64_t edge = from.dims[axis];
    const std::int64_t step = steps[i];
    if (step == 0) op.refuse("its step is zero");
    const auto within = [&](std::int64_t at, std::int64_t least, std::int64_t most) {
      return std::clamp(at < 0 ? at + edge : at, least, std::max(least, most));
    };
    const std::int64_t start = step > 0 ? within((*starts)[i], 0, edge) : within((*starts)[i], 0, edge - 1);
    const std::int64_t end = step > 0 ? within((*ends)[i], 0, edge) : within((*ends)[i], -1, edge - 1);
    const std::int64_t reach = step > 0 ? end - start : start - end;
    const std::int64_t stride = step > 0 ? step : -step;
    const std::int64_t count = edge == 0 || reach <= 0 ? 0 : (reach - 1) / stride + 1;
    value = cut(op, value, {axis, start, step, count});
  }
  op.set(0, std::move(value));
}

namespace {

std::vector<std::int64_t> split_sizes(const Operation& op, std::int64_t edge, std::size_t outputs) {
  if (const auto given = op.list("split", 1)) {
    std::int64_t sum = 0;
    for (const std::int64_t size : *given)
      if (size < 0 || __builtin_add_overflow(sum, size, &sum)) op.refuse("a piece has a negative size");
    if (sum != edge || given->size() != outputs)
      op.refuse("its pieces are not as large as its input's dimension of " + std::to_string(edge));
    return *given;
  }
  if (outputs == 0) op.refuse("it has no output");
  const std::int64_t pieces = static_cast<std::int64_t>(outputs);
  const std::int64_t each = (edge + pieces - 1) / pieces;
  std::vector<std::int64_t> sizes(outputs, each);
  sizes.back() = edge - each * (pieces - 1);
  if (sizes.back() < 0) op.refuse("its input is too small for its pieces");
  return sizes;
}

}  // namespace

void infer_split(Operation& op) {
  const Value& from = op.input(0);
  const std::size_t axis = op.axis(op.integer("axis", 0), from.rank());
  const std::size_t outputs = op.node().outputs.size();
  std::int64_t start = 0;
  const std::vector<std::int64_t> sizes = split_sizes(op, from.dims[axis], outputs);
  for (std::size_t i = 0; i < outputs; ++i) {
    op.set(i, cut(op, from, {axis, start, 1, sizes[i]}));
    start += sizes[i];
  }
}

void infer_split_to_sequence(Operation& op) {
  const Value& from = op.input(0);
  const std::size_t axis = op.axis(op.integer("axis", 0), from.rank());
  const std::int64_t edge = from.dims[axis];
  std::vector<std::int64_t> sizes;
  Values::Pieces pieces{.axis = static_cast<std::int64_t>(axis), .keeps_axis = op.has(1) || op.integer("keepdims", 1) != 0};
  if (!op.has(1)) {
    if (edge > static_cast<std::int64_t>(kMostKept)) op.refuse("it has too many pieces", "at most " + std::to_string(kMostKept));
    sizes.assign(static_cast<std::size_t>(edge), 1);
  } else if (const auto size = op.numbers(1); op.input(1).rank() == 0) {
    if (size.front() < 1 || edge / size.front() >= static_cast<std::int64_t>(kMostKept))
      op.refuse("the size of its pieces is out of range");
    for (std::int64_t left = edge; left > 0; left -= size.front()) sizes.push_back(std::min(left, size.front()));
  } else {
    std::int64_t sum = 0;
    for (const std::int64_t each : size)
      if (each < 0 || __builtin_add_overflow(sum, each, &sum)) op.refuse("a piece has a negative size");
    if (sum != edge) op.refuse("its pieces are not as large as its input's dimension of " + std::to_string(edge));
    sizes = size;
  }
  pieces.starts.push_back(0);
  for (const std::int64_t size : sizes) pieces.starts.push_back(pieces.starts.back() + size);
  op.values().spent += static_cast<std::int64_t>(8 * pieces.starts.size());
  if (!op.node().outputs.empty()) op.values().pieces[op.node().outputs.front()] = std::move(pieces);
  Value value = op.view(from, from.dims);
  copy(from, value);
  op.set(0, std::move(value));
}

void infer_sequence_at(Operation& op) {
  const auto found = op.values().pieces.find(op.id(0));
  if (found == op.values().pieces.end()) op.refuse("its input is no list of pieces");
  const Values::Pieces& pieces = found->second;
  const std::vector<std::int64_t> at = op.numbers(1);
  if (at.size() != 1) op.refuse("its index is not one number");
  const std::size_t index = op.axis(at.front(), pieces.starts.size() - 1);
  const std::int64_t start = pieces.starts[index];
  const auto axis = static_cast<std::size_t>(pieces.axis);
  Value value = cut(op, op.input(0), {axis, start, 1, pieces.starts[index + 1] - start});
  op.set(0, pieces.keeps_axis ? std::move(value) : without_axes(op, value, {axis}));
}

}  // namespace forerun::onnx
