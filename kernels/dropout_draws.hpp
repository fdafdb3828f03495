#pragma once

#include <cassert>
#include <cmath>
#include <cstdint>

#include "kernels/trainer/random.hpp"

/// Which elements a dropout drops: 16 random bits an element, of a hash of the layer's key, the step, the sample and the element within
/// it. So the same elements of a sample are dropped on whatever rank and in whatever micro-batch it stands, and on any device.
namespace forerun {

inline constexpr int kDrawsPerHash = 4;  ///< each hash serves four elements that follow one another, lowest bits first

/// The counters of one sample's draws start here. `layer_key` is of the seed and the layer, stream_key(seed, layer).
constexpr std::uint64_t sample_key(std::uint64_t layer_key, std::int64_t step, std::int64_t sample) {
  return stream_key(stream_key(layer_key, static_cast<std::uint64_t>(step)), static_cast<std::uint64_t>(sample));
}

/// The draws of elements 4 hash to 4 hash + 3 of a sample.
constexpr std::uint64_t four_draws(std::uint64_t sample_key, std::int64_t hash) {
  return mix_bits(sample_key + static_cast<std::uint64_t>(hash));
}

/// One of the four, uniform in [0, 2^16); `place` in [0, kDrawsPerHash).
constexpr std::uint32_t draw_of(std::uint64_t hash, int place) { return static_cast<std::uint32_t>(hash >> (16 * place)) & 0xffffU; }

constexpr std::uint32_t draw(std::uint64_t sample_key, std::int64_t element) {
  return draw_of(four_draws(sample_key, element / kDrawsPerHash), static_cast<int>(element % kDrawsPerHash));
}

/// A share of elements to drop, in [0, 1), to the next 2^-16: those that draw less than `threshold`. The others are scaled up by what
/// keeps the sum's expectation.
struct DropRate {
  explicit DropRate(float share)
      : threshold(static_cast<std::uint32_t>(std::lround(share * 65536.0F))), scale(65536.0F / static_cast<float>(65536U - threshold)) {
    assert(share >= 0 && threshold < 65536U);
  }

  std::uint32_t threshold;
  float scale;
};

}  // namespace forerun
