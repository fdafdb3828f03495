#pragma once

#include <cstdint>
#include <span>

namespace forerun {

/// Counter-based randomness: a value depends on its key and index alone, never on what was drawn before,
/// so that every rank makes the same weights and exactly its own samples.
///
/// The finaliser of SplitMix64 [Steele, Lea & Flood 2014, fig. 17]: a bijection of 64 bits that passes BigCrush on a counter.
constexpr std::uint64_t mix_bits(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

/// The key of one stream of a seed: a layer's weights, a sample's noise.
constexpr std::uint64_t stream_key(std::uint64_t seed, std::uint64_t stream) { return mix_bits(mix_bits(seed) ^ stream); }

/// Fills `values` with normal numbers of mean 0 and the given deviation (Box-Muller: a pair for each two indices).
void fill_normal(std::uint64_t key, float deviation, std::span<float> values);

}  // namespace forerun
