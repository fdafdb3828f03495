#include "kernels/trainer/device.hpp"

#include "kernels/ceil_div.hpp"
#include "workloads/memory.hpp"

namespace forerun {

namespace {

std::size_t bytes_of(Precision precision, std::int64_t elements) {
  return static_cast<std::size_t>(bytes_per_element(precision)) * static_cast<std::size_t>(elements);
}

}  // namespace

std::size_t floats_of(Precision precision, std::int64_t elements) { return ceil_div(bytes_of(precision, elements), sizeof(float)); }

const float* behind(const float* values, std::int64_t elements, Precision precision) {
  return reinterpret_cast<const float*>(reinterpret_cast<const std::byte*>(values) + bytes_of(precision, elements));
}

}  // namespace forerun
