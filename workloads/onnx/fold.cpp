#include "workloads/onnx/fold.hpp"

#include <algorithm>

namespace forerun::onnx {
namespace {

/// Strides of `dims` within a tensor that was broadcast to `to`: 0 along the axes that are copies.
Dims broadcast_strides(const Dims& dims, const Dims& to) {
  const Dims own = strides_of(dims);
  Dims strides(to.size());
  const std::size_t before = to.size() - dims.size();
  for (std::size_t i = 0; i < dims.size(); ++i)
    if (dims[i] != 1) strides[before + i] = own[i];
  return strides;
}

}  // namespace

Dims broadcast(const Operation& operation, std::span<const Dims> dims) {
  std::size_t rank = 0;
  for (const Dims& each : dims) rank = std::max(rank, each.size());
  Dims to(rank, 1);
  for (const Dims& each : dims)
    for (std::size_t i = 0; i < each.size(); ++i) {
      std::int64_t& dim = to[rank - each.size() + i];
      if (dim == 1)
        dim = each[i];
      else if (each[i] != 1 && each[i] != dim)
        operation.refuse("its inputs do not broadcast: " + text_of(each) + " and " + text_of(dims.front()));
    }
  return to;
}

Dims broadcast(const Operation& operation) {
  std::vector<Dims> dims;
  for (std::size_t i = 0; i < operation.inputs(); ++i)
    if (operation.has(i)) dims.push_back(operation.input(i).dims);
  return broadcast(operation, dims);
}

Dims strides_of(const Dims& dims) {
  Dims strides(dims.size(), 1);
  for (std::size_t i = dims.size(); i-- > 1;)
    if (__builtin_mul_overflow(strides[i], std::max<std::int64_t>(dims[i], 1), &strides[i - 1])) strides[i - 1] = kMostElements;
  return strides;
}

std::vector<double> pick(const std::vector<double>& from, std::int64_t offset, const Dims& dims, const Dims& strides) {
  std::vector<double> picked;
  const std::int64_t elements = product(dims);
  picked.reserve(static_cast<std::size_t>(elements));
  Dims index(dims.size());
  std::int64_t at = offset;
  for (std::int64_t i = 0; i < elements; ++i) {
    picked.push_back(from.at(static_cast<std::size_t>(at)));
    for (std::size_t axis = dims.size(); axis-- > 0;) {
      at += strides[axis];
      if (++index[axis] < dims[axis]) break;
      at -= strides[axis] * dims[axis];
      index[axis] = 0;
    }
  }
  return picked;
}

bool is_small(const Dims& dims) {
  const std::int64_t elements = product(dims);
  return elements >= 0 && elements <= static_cast<std::int64_t>(kMostKept);
}

void calculate(const Operation& operation, Value& value, const std::function<double(std::span<const double>)>& element) {
  if (!is_small(value.dims)) return;
  std::vector<std::vector<double>> operands;
  for (std::size_t i = 0; i < operation.inputs(); ++i) {
    if (!operation.has(i)) continue;
    const Value& from = operation.input(i);
    if (!from.known || from.rank() > value.rank()) return;
    operands.push_back(pick(from.numbers, 0, value.dims, broadcast_strides(from.dims, value.dims)));
  }
  std::vector<double> each(operands.size());
  value.numbers.resize(static_cast<std::size_t>(value.elements()));
  for (std::size_t i = 0; i < value.numbers.size(); ++i) {
    for (std::size_t k = 0; k < operands.size(); ++k) each[k] = operands[k][i];
    value.numbers[i] = element(each);
  }
  value.known = true;
}

void copy(const Value& of, Value& view, std::int64_t offset, const Dims& strides) {
  if (!of.known || !is_small(view.dims)) return;
  view.numbers = pick(of.numbers, offset, view.dims, strides);
  view.known = true;
}

void copy(const Value& of, Value& view) {
  if (!of.known || of.elements() != view.elements()) return;
  view.numbers = of.numbers;
  view.known = true;
}

}  // namespace forerun::onnx
