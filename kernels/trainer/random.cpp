#include "kernels/trainer/random.hpp"

#include <cmath>
#include <cstddef>
#include <numbers>

namespace forerun {

namespace {

/// Uniform in (0, 1]: never zero, so that its logarithm is finite.
float open_unit(std::uint32_t bits) { return (static_cast<float>(bits >> 8U) + 1.0F) * 0x1p-24F; }

}  // namespace

void fill_normal(std::uint64_t key, float deviation, std::span<float> values) {
  for (std::size_t i = 0; i < values.size(); i += 2) {
    const std::uint64_t bits = mix_bits(key + i);
    const float radius = deviation * std::sqrt(-2.0F * std::log(open_unit(static_cast<std::uint32_t>(bits >> 32U))));
    const float angle = 2.0F * std::numbers::pi_v<float> * open_unit(static_cast<std::uint32_t>(bits));
    values[i] = radius * std::cos(angle);
    if (i + 1 < values.size()) values[i + 1] = radius * std::sin(angle);
  }
}

}  // namespace forerun
