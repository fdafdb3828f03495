#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>

#include "kernels/ceil_div.hpp"
#include "kernels/dropout_draws.hpp"

namespace forerun::cpu {

/// Calls visit(offset, draws, count) for the draws of elements `first` + offset on, in pieces that stay in the first-level cache and are
/// long enough for vectors. `first` is the start of a hash, a multiple of kDrawsPerHash.
template <class Visit>
void for_each_draws(std::uint64_t sample_key, std::int64_t first, std::int64_t count, Visit visit) {
  static_assert(std::endian::native == std::endian::little, "draws are read from hashes in memory order");
  constexpr std::int64_t kPiece = 1024;
  assert(first % kDrawsPerHash == 0);
  std::array<std::uint64_t, kPiece / kDrawsPerHash> hashes;
  std::array<std::uint16_t, kPiece> draws;
  for (std::int64_t offset = 0; offset < count; offset += kPiece) {
    const std::int64_t piece = std::min(kPiece, count - offset), start = (first + offset) / kDrawsPerHash;
    const std::int64_t needed = ceil_div(piece, kDrawsPerHash);
    for (std::int64_t i = 0; i < needed; ++i) hashes[i] = four_draws(sample_key, start + i);
    std::memcpy(draws.data(), hashes.data(), static_cast<std::size_t>(needed) * sizeof(std::uint64_t));
    visit(offset, draws.data(), piece);
  }
}

}  // namespace forerun::cpu
