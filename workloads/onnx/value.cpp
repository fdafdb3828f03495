#include "workloads/onnx/value.hpp"

#include <cstddef>

namespace forerun::onnx {

std::int64_t product(const Dims& dims) {
  std::int64_t elements = 1;
  for (const std::int64_t dim : dims)
    if (__builtin_mul_overflow(elements, dim, &elements) || elements > kMostElements) return -1;
  return elements;
}

std::int64_t Value::elements() const { return product(dims); }

TensorShape shape_of(const Value& value) {
  const std::size_t rank = value.rank();
  if (rank == 0) return {};
  const std::size_t channels = value.channel_axis < 0 ? rank - 1 : static_cast<std::size_t>(value.channel_axis);
  TensorShape shape{.channels = value.dims[channels]};
  // From the last on: width, height, and all before as depth.
  std::int64_t* const edges[] = {&shape.width, &shape.height, &shape.depth};
  std::size_t edge = 0;
  for (std::size_t axis = rank; axis-- > 0;) {
    if (axis == channels || (axis == 0 && value.dims[0] == 1)) continue;
    *edges[edge] *= value.dims[axis];
    if (edge < 2) ++edge;
  }
  return shape;
}

}  // namespace forerun::onnx
