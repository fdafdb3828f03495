#pragma once

#include <cstdint>
#include <vector>

#include "core/workload.hpp"
#include "workloads/onnx/graph.hpp"

namespace forerun::onnx {

/// What a tensor is to a network. Only activations are made by layers.
enum class Role {
  undefined,
  constant,    ///< numbers of the file that are no weights
  auxiliary,   ///< whole numbers, and what is calculated from them alone: shapes, indices, masks, positions
  weight,      ///< an initialiser of floats, or a view of some
  activation,  ///< depends on a sample's floats or on weights
};

/// A tensor between nodes, with one sample in its batch. Views of a tensor (reshaped, permuted, sliced, broadcast) remember what they are
/// views of, so that they are no layers.
struct Value {
  Role role = Role::undefined;
  bool floating = false;
  bool known = false;         ///< whether `numbers` holds its elements
  int channel_axis = -1;      ///< -1: the last
  int node = -1;              ///< that calculates what it is a view of; -1 for a sample's input
  int weight = -1;            ///< of Graph::initialisers: the first that it is made of
  std::uint64_t part = 0;     ///< weights: equal for equal elements of equal initialisers
  bool joined = false;        ///< weights: of several initialisers
  std::int64_t distinct = 0;  ///< elements without copies by broadcasting
  std::int64_t whole = 0;     ///< elements of what it is a view of
  Dims dims;
  std::vector<double> numbers;

  [[nodiscard]] std::int64_t elements() const;
  [[nodiscard]] std::size_t rank() const { return dims.size(); }
  [[nodiscard]] std::int64_t last() const { return dims.empty() ? 1 : dims.back(); }
};

/// The tensor as a layer sees it: channels at positions, the batch left out.
TensorShape shape_of(const Value& value);

/// The product; -1 where it is above 2^53.
std::int64_t product(const Dims& dims);

}  // namespace forerun::onnx
