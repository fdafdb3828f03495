#pragma once

#include <cstdint>
#include <span>

#include "core/random.hpp"

namespace forerun {

/// Counter-based randomness: a value depends on its key and index alone, so that every rank makes the same weights and exactly its own
/// samples.
///
/// The key of one stream of a seed: a layer's weights, a sample's noise.
constexpr std::uint64_t stream_key(std::uint64_t seed, std::uint64_t stream) { return mix_bits(mix_bits(seed) ^ stream); }

/// Fills `values` with normal numbers of mean 0 and the given deviation (Box-Muller: a pair for each two indices).
void fill_normal(std::uint64_t key, float deviation, std::span<float> values);

}  // namespace forerun
