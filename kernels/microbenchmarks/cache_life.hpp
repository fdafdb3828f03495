#pragma once

#include <optional>
#include <span>

#include "core/units.hpp"
#include "kernels/microbenchmarks/kernel_buffers.hpp"

namespace forerun {

/// How much of what a core left in a cache is still there after a while in which it touched no memory.
struct KeptShare {
  Seconds wait;
  double share = 1;  ///< in [0, 1]
};

/// The mean life that says those shares best, by least squares:  share = exp(-wait / life). Nothing where hardly any is lost, as on a
/// machine that nobody shares.
std::optional<Seconds> mean_life(std::span<const KeptShare> shares);

/// Measures it on this core: an array larger than the core's own cache is written, read again after a while, and its time held against
/// those at once and after all of the cache was overwritten. Others that share the cache evict it meanwhile. About a second.
std::optional<Seconds> measure_cache_life(Arena& arena);

}  // namespace forerun
