#include "kernels/trainer/device.hpp"

#include "kernels/ceil_div.hpp"
#include "kernels/layer_arrays.hpp"

namespace forerun {

std::size_t floats_of(Precision precision, std::int64_t elements) { return ceil_div(activation_bytes(precision, elements), sizeof(float)); }

const float* offset_by(const float* values, std::int64_t elements, Precision precision) {
  return reinterpret_cast<const float*>(reinterpret_cast<const std::byte*>(values) + activation_bytes(precision, elements));
}

float* offset_by(float* values, std::int64_t elements, Precision precision) {
  return reinterpret_cast<float*>(reinterpret_cast<std::byte*>(values) + activation_bytes(precision, elements));
}

}  // namespace forerun
