#include <algorithm>
#include <cmath>
#include <numeric>

#include "workloads/onnx/fold.hpp"
#include "workloads/onnx/operators.hpp"

namespace forerun::onnx {

Value without_axes(const Operation& op, const Value& of, const std::vector<std::size_t>& axes) {
  Dims dims;
  int channels = of.channel_axis;
  for (std::size_t i = 0; i < of.rank(); ++i)
    if (!std::ranges::binary_search(axes, i)) dims.push_back(of.dims[i]);
  for (const std::size_t axis : axes)
    if (of.channel_axis >= 0 && static_cast<int>(axis) < of.channel_axis) --channels;
  if (of.channel_axis >= 0 && std::ranges::binary_search(axes, static_cast<std::size_t>(of.channel_axis))) channels = -1;
  Value value = op.view(of, std::move(dims));
  value.channel_axis = channels;
  copy(of, value);
  return value;
}

void infer_identity(Operation& op) {
  Value value = op.view(op.input(0), op.input(0).dims);
  value.channel_axis = op.input(0).channel_axis;
  copy(op.input(0), value);
  op.set(0, std::move(value));
}

void infer_cast(Operation& op) {
  const Value& from = op.input(0);
  Value value = op.view(from, from.dims);
  value.channel_axis = from.channel_axis;
  copy(from, value);
  value.floating = op.has(1) ? op.input(1).floating : is_float(static_cast<Type>(op.integer("to", 1)));
  if (!value.floating) value.role = Role::auxiliary;
  if (from.floating && !value.floating)
    for (double& number : value.numbers) number = std::trunc(number);
  op.set(0, std::move(value));
}

void infer_reshape(Operation& op) {
  const Value& from = op.input(0);
  const std::vector<std::int64_t> wanted = op.list("shape", 1).value_or(std::vector<std::int64_t>{});
  Dims dims;
  std::int64_t known = 1;
  int open = -1;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    std::int64_t dim = wanted[i];
    if (dim == 0 && op.integer("allowzero", 0) == 0) {
      if (i >= from.rank()) op.refuse("it keeps a dimension that its input does not have");
      dim = from.dims[i];
    }
    if (dim < -1 || (dim == -1 && open >= 0)) op.refuse("its shape " + text_of(wanted) + " is none");
    if (dim == -1)
      open = static_cast<int>(i);
    else if (__builtin_mul_overflow(known, dim, &known) || known > kMostElements)
      op.refuse("its output is too large", "at most 2^53 elements");
    dims.push_back(dim);
  }
  const std::int64_t elements = from.elements();
  if (open >= 0) dims[static_cast<std::size_t>(open)] = known > 0 ? elements / known : 0;
  if (dims.size() > kMostDims || product(dims) != elements)
    op.refuse("its input " + text_of(from.dims) + " cannot take the shape " + text_of(wanted));
  Value value = op.view(from, std::move(dims));
  if (value.dims == from.dims) value.channel_axis = from.channel_axis;
  copy(from, value);
  op.set(0, std::move(value));
}

void infer_flatten(Operation& op) {
  const Value& from = op.input(0);
  std::int64_t split = op.integer("axis", 1);
  if (split < 0) split += static_cast<std::int64_t>(from.rank());
  if (split < 0 || split > static_cast<std::int64_t>(from.rank())) op.refuse("its axis is not one of its input's");
  const auto middle = from.dims.begin() + split;
  Value value = op.view(from, {product({from.dims.begin(), middle}), product({middle, from.dims.end()})});
  copy(from, value);
  op.set(0, std::move(value));
}

void infer_squeeze(Operation& op) {
  const Value& from = op.input(0);
  std::vector<std::size_t> axes;
  if (const auto list = op.list("axes", 1)) {
    axes = op.axes(*list, from.rank());
    for (const std::size_t axis : axes)
      if (from.dims[axis] != 1) op.refuse("the dimension that it takes away is not 1 but " + std::to_string(from.dims[axis]));
  } else {
    for (std::size_t i = 0; i < from.rank(); ++i)
      if (from.dims[i] == 1) axes.push_back(i);
  }
  op.set(0, without_axes(op, from, axes));
}

void infer_unsqueeze(Operation& op) {
  const Value& from = op.input(0);
  const auto list = op.list("axes", 1);
  if (!list) op.refuse("it names no axes");
  if (from.rank() + list->size() > kMostDims) op.refuse("its output has too many dimensions", "at most " + std::to_string(kMostDims));
  const std::vector<std::size_t> axes = op.axes(*list, from.rank() + list->size());
  Dims dims;
  int channels = -1;
  std::size_t next = 0;
  for (std::size_t i = 0; i < from.rank() + axes.size(); ++i) {
    if (std::ranges::binary_search(axes, i)) {
      dims.push_back(1);
    } else {
      if (from.channel_axis == static_cast<int>(next)) channels = static_cast<int>(i);
      dims.push_back(from.dims[next++]);
    }
  }
  Value value = op.view(from, std::move(dims));
  value.channel_axis = channels;
  copy(from, value);
  op.set(0, std::move(value));
}

void infer_transpose(Operation& op) {
  const Value& from = op.input(0);
  std::vector<std::size_t> order(from.rank());
  std::iota(order.rbegin(), order.rend(), 0);
  if (const Attribute* given = op.attribute("perm")) {
    if (given->integers.size() != from.rank()) op.refuse("its permutation has not the rank of its input " + text_of(from.dims));
    static_cast<void>(op.axes(given->integers, from.rank()));
    std::ranges::transform(given->integers, order.begin(), [&](std::int64_t each) { return op.axis(each, from.rank()); });
  }
  const Dims strides = strides_of(from.dims);
  const int channels = from.channel_axis < 0 ? static_cast<int>(from.rank()) - 1 : from.channel_axis;
  Dims dims;
  Dims permuted;
  int axis = -1;
  for (const std::size_t each : order) {
    if (static_cast<int>(each) == channels) axis = static_cast<int>(dims.size());
    dims.push_back(from.dims[each]);
    permuted.push_back(strides[each]);
  }
  Value value = op.view(from, std::move(dims));
  // Of a matrix that is transposed the last dimension are its channels; a picture's stay what they were.
  value.channel_axis = from.rank() > 3 || from.channel_axis >= 0 ? axis : -1;
  copy(from, value, 0, permuted);
  op.set(0, std::move(value));
}

void infer_expand(Operation& op) {
  const Value& from = op.input(0);
  const std::vector<std::int64_t> wanted = op.numbers(1);
  if (wanted.size() > kMostDims) op.refuse("its output has too many dimensions", "at most " + std::to_string(kMostDims));
  if (std::ranges::any_of(wanted, [](std::int64_t dim) { return dim < 0; })) op.refuse("its shape " + text_of(wanted) + " is none");
  const Dims both[] = {from.dims, wanted};
  Value value = op.view(from, broadcast(op, both));
  if (value.rank() == from.rank()) value.channel_axis = from.channel_axis;
  Dims strides(value.rank());
  const Dims own = strides_of(from.dims);
  for (std::size_t i = 0; i < from.rank(); ++i)
    if (from.dims[i] != 1) strides[value.rank() - from.rank() + i] = own[i];
  copy(from, value, 0, strides);
  op.set(0, std::move(value));
}

void infer_block_view(Operation& op) {
  const Value& from = op.input(0);
  const std::int64_t edge = op.integer("blocksize", 0);
  if (from.rank() != 4 || edge < 1 || edge > (1 << 15)) op.refuse("its input or its block is out of range");
  const std::int64_t area = edge * edge;
  Dims dims = from.dims;
  const bool gathers = op.name() == "SpaceToDepth";
  if (gathers ? dims[2] % edge != 0 || dims[3] % edge != 0 : dims[1] % area != 0)
    op.refuse("its blocks do not divide its input " + text_of(dims));
  if (product({area, dims[1]}) < 0 || product({edge, dims[2]}) < 0 || product({edge, dims[3]}) < 0) op.refuse("its output is too large");
  dims[1] = gathers ? dims[1] * area : dims[1] / area;
  for (const std::size_t axis : {2, 3}) dims[axis] = gathers ? dims[axis] / edge : dims[axis] * edge;
  Value value = op.view(from, std::move(dims));
  value.channel_axis = 1;
  op.set(0, std::move(value));
}

}  // namespace forerun::onnx
