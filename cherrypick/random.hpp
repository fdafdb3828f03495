#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "cherrypick/elementary.hpp"
#include "core/random.hpp"

namespace forerun::cherrypick {

/// A stream of random numbers: SplitMix64 of a seed and a counter. std::'s distributions may differ between libraries; these do not.
class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : key_(mix_bits(mix_bits(seed) ^ stream)) {}

  /// In [0, 1).
  double uniform() { return unit_interval(mix_bits(key_ + counter_++)); }

  /// In [0, count), count > 0.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(uniform() * static_cast<double>(count)); }

  /// Standard normal, by the polar method                                                     [Marsaglia & Bray 1964, SIAM Review 6]
  double normal() {
    while (true) {
      const double u = 2 * uniform() - 1;
      const double v = 2 * uniform() - 1;
      const double s = u * u + v * v;
      if (s > 0 && s < 1) return u * std::sqrt(-2 * portable_log(s) / s);
    }
  }

 private:
  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

}  // namespace forerun::cherrypick
