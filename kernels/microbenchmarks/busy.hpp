#pragma once

#include <vector>

#include "core/calibration.hpp"
#include "kernels/microbenchmarks/shapes.hpp"
#include "kernels/trainer/progress.hpp"

namespace forerun {

/// How the busy factors are measured: each load alone and among neighbours in turn, `rounds` times for `duration`.
struct BusyEffort {
  Seconds duration = Seconds(0.05);
  int rounds = 3;
};

/// Median time of a call on one core, alone and among neighbours.
struct BusyTimes {
  Seconds alone;
  Seconds among;
};

/// Runs the kernel in `busy` processes, each on a core of its own and on its own data: in turn the first one alone, while the
/// others sleep, and all at the same time. The calling process forks and waits.
/// Throws std::runtime_error where a process cannot be had or breaks off.
BusyTimes time_among(const Microbenchmark& benchmark, int busy, const BusyEffort& effort);

/// Numbers of busy cores worth measuring: 2, 4, 8, ... and all of them; none on one core.
std::vector<int> busy_counts(int cores);

/// One factor for each kind, pass and number of busy cores: the geometric mean over the benchmarks of that kind and pass.
std::vector<BusyFactor> measure_busy(const std::vector<Microbenchmark>& benchmarks, int cores, const BusyEffort& effort,
                                     const ProgressCallback& progress);

}  // namespace forerun
