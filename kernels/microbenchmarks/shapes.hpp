#pragma once

#include <string_view>
#include <vector>

#include "core/calibration.hpp"

namespace forerun {

/// How a kernel finds its arrays: again and again the same ones, or in turn those of a rotation that no core's own cache holds.
enum class Condition { warm, cold };

/// What a core of any server of today keeps to itself.
inline constexpr Bytes kOwnCache(kMiB);

/// Bytes of a cold rotation: above a core's share of any last-level cache of today, as a step of a large network is.
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

/// Reads a list of shapes (shapes-quick.yaml explains the format). BadInput with line and column.
BenchmarkList read_benchmark_list(std::string_view text, std::string_view name);

/// A list compiled in, `shapes-quick.yaml` or `shapes-full.yaml`.
BenchmarkList shipped_benchmark_list(std::string_view name);

}  // namespace forerun
