#pragma once

#include <cstdint>

#include "workloads/onnx/graph.hpp"
#include "workloads/onnx/wire.hpp"

namespace forerun::onnx {

/// Memory that a graph takes, held against kMostMemory.
class Spent {
 public:
  void add(const Wire& wire, std::int64_t bytes) {
    bytes_ += bytes;
    if (bytes_ > kMostMemory) wire.refuse("the graph is too large", "at most 128 MiB of names, numbers and shapes");
  }

 private:
  std::int64_t bytes_ = 0;
};

/// The element type of this number; undefined for one that is not published.
Type type_of(std::int64_t number);

/// The tensor that the current field holds. Its elements are kept where they are at most kMostKept and stand in the file.
/// BadInput: more than kMostDims dims, a negative one, more than 2^53 elements, a name that is too long.
Tensor read_tensor(Wire& wire, Names& values, Spent& spent);

}  // namespace forerun::onnx
