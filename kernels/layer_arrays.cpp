#include "kernels/layer_arrays.hpp"

#include "workloads/memory.hpp"

namespace forerun {

std::size_t activation_bytes(Precision precision, std::int64_t elements) {
  return static_cast<std::size_t>(bytes_per_element(precision)) * static_cast<std::size_t>(elements);
}

std::vector<std::int64_t> further_inputs(const LayerShape& shape) {
  if (shape.kind == LayerKind::add) return std::vector<std::int64_t>(static_cast<std::size_t>(shape.operands - 1), shape.input.elements());
  const Attention& a = shape.attention;
  if (shape.kind == LayerKind::attention) return {a.keys * a.key_heads * a.key_channels, a.keys * a.key_heads * a.value_channels};
  return {};
}

std::int64_t statistics_elements(const LayerShape& shape, std::int64_t batch) {
  switch (shape.kind) {
    case LayerKind::batch_norm: return 2 * shape.input.channels;
    case LayerKind::layer_norm: return 2 * batch * shape.input.positions();
    case LayerKind::attention: return batch * shape.input.positions() * shape.attention.heads;
    default: return 0;
  }
}

std::int64_t running_elements(const LayerShape& shape) { return shape.kind == LayerKind::batch_norm ? 2 * shape.input.channels : 0; }

}  // namespace forerun
