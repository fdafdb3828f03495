#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "workloads/onnx/operation.hpp"

/// Calculates the elements of small tensors that are known: shapes, axes, scalars. What has more than kMostKept elements stays unknown.
namespace forerun::onnx {

/// The dims that all broadcast to. BadInput where they do not.
Dims broadcast(const Operation& operation, std::span<const Dims> dims);
Dims broadcast(const Operation& operation);  ///< of all inputs

/// How far apart neighbours along each axis stand.
Dims strides_of(const Dims& dims);

/// Elements of `from` at `offset` plus each index times `strides`, in the order of `dims`.
std::vector<double> pick(const std::vector<double>& from, std::int64_t offset, const Dims& dims, const Dims& strides);

/// Whether a tensor of these dims is small enough to be known.
bool is_small(const Dims& dims);

/// Fills in the elements of `value` from those of all inputs, one by one after broadcasting, where all are known.
void calculate(const Operation& operation, Value& value, const std::function<double(std::span<const double>)>& element);

/// Those of a view: `offset` and `strides` within `of`.
void copy(const Value& of, Value& view, std::int64_t offset, const Dims& strides);
/// The same elements in the same order.
void copy(const Value& of, Value& view);

}  // namespace forerun::onnx
