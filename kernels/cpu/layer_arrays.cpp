#include "kernels/cpu/layer_arrays.hpp"

namespace forerun::cpu {

std::vector<std::int64_t> further_inputs(const LayerShape& shape) {
  if (shape.kind == LayerKind::add) return std::vector<std::int64_t>(static_cast<std::size_t>(shape.operands - 1), shape.input.elements());
  return {};
}

}  // namespace forerun::cpu
