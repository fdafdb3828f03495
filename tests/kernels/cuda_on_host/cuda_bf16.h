#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

// bfloat16: the upper half of a float32, rounded to the nearest, to even between two.

struct alignas(2) __nv_bfloat16 {
  std::uint16_t bits = 0;

  __nv_bfloat16() = default;
  __nv_bfloat16(float value) {
    const auto all = std::bit_cast<std::uint32_t>(value);
    bits = std::isnan(value) ? std::uint16_t{0x7fff} : static_cast<std::uint16_t>((all + 0x7fffU + (all >> 16 & 1U)) >> 16);
  }
  operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }
};

struct alignas(4) __nv_bfloat162 {
  __nv_bfloat16 x, y;
};

inline __nv_bfloat16 __float2bfloat16(float value) { return {value}; }
inline float __bfloat162float(__nv_bfloat16 value) { return value; }
inline __nv_bfloat162 __floats2bfloat162_rn(float x, float y) { return {x, y}; }
inline std::uint16_t __bfloat16_as_ushort(__nv_bfloat16 value) { return value.bits; }
