#pragma once

#include <cstdint>

namespace forerun {

/// The finaliser of SplitMix64 [Steele, Lea & Flood 2014, fig. 17]: a bijection of 64 bits that passes BigCrush on a counter. What is
/// drawn so depends on its counter alone, never on what was drawn before.
constexpr std::uint64_t mix_bits(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

/// Uniform in [0, 1), of random bits.
constexpr double unit_interval(std::uint64_t bits) { return static_cast<double>(bits >> 11U) * 0x1p-53; }

}  // namespace forerun
