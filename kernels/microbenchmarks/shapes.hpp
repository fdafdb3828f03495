#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/calibration.hpp"

namespace forerun {

/// How a kernel finds its arrays: again and again the same ones (warm), or in turn those of a rotation. What the kernel before it in a
/// step leaves is fresh in each case (KernelBuffers::refresh).
enum class Condition {
  warm,
  near,  ///< no core's own cache holds the rotation, a share of any last-level cache does
  far,   ///< about as large as a last-level cache
  cold   ///< kColdBytes
};

/// What a core of any server of today keeps to itself.
inline constexpr Bytes kOwnCache(kMiB);

/// Bytes of the rotations. Cold: above a core's share of any last-level cache of today, as a step of a large network is.
inline constexpr double kNearBytes = 8 * kMiB;
inline constexpr double kFarBytes = 40 * kMiB;
inline constexpr double kColdBytes = 192 * kMiB;

/// A kernel to measure. `kernel.footprint` is what its runs cycle through: copies x the arrays of one run.
struct Microbenchmark {
  Kernel kernel;
  int copies = 1;

  friend bool operator==(const Microbenchmark&, const Microbenchmark&) = default;
};

struct BenchmarkList {
  std::vector<Microbenchmark> kernels;
  std::vector<Microbenchmark> busy;  ///< measured alone and with neighbours: warm within kOwnCache, cold beyond it
};

/// The microbenchmark of a kernel under a condition; its footprint is ignored.
Microbenchmark microbenchmark(const Kernel& kernel, Condition condition);

/// What identifies a list beside what `seed` does: equal lists, equal numbers.
std::uint64_t fingerprint(std::span<const Microbenchmark> list, std::uint64_t seed);

/// Reads a list of shapes (shapes-quick.yaml explains the format). BadInput with line and column.
BenchmarkList read_benchmark_list(std::string_view text, std::string_view name);

/// A list compiled in, `shapes-quick.yaml` or `shapes-full.yaml`.
BenchmarkList shipped_benchmark_list(std::string_view name);

}  // namespace forerun
