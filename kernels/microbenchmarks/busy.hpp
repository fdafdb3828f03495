#pragma once

#include <vector>

#include "core/calibration.hpp"
#include "core/progress.hpp"
#include "kernels/microbenchmarks/journal.hpp"
#include "kernels/microbenchmarks/shapes.hpp"

namespace forerun {

/// How the busy factors are measured: each load alone and among neighbours in turn, `rounds` times for `duration`.
struct BusyEffort {
  Seconds duration = Seconds(0.025);
  int rounds = 7;
};

/// Median time of a call on one core, alone and among neighbours, and the median over the rounds of the second over the first.
struct BusyTimes {
  Seconds alone;
  Seconds among;
  double factor = 1;
};

/// Runs the kernel in `busy` processes, each on a core of its own and on its own data: in turn the first one alone, while the
/// others sleep, and all at the same time. The calling process forks and waits.
/// Throws as run_together().
BusyTimes time_among(const Microbenchmark& benchmark, int busy, const BusyEffort& effort);

/// Numbers of busy cores worth measuring: 2, 4, 8, ... and all of them; none on one core.
std::vector<int> busy_counts(int cores);

/// Where finished factors are kept, one entry for each benchmark and number of busy cores from `first` on: the factor in the place of its
/// times.
struct BusyJournal {
  Journal* journal = nullptr;  ///< null: nowhere
  std::size_t first = 0;
};

/// One factor for each kind, pass, number of busy cores and working set; over benchmarks that share these their geometric mean. What the
/// journal holds is not measured again.
std::vector<BusyFactor> measure_busy(const std::vector<Microbenchmark>& benchmarks, int cores, const BusyEffort& effort,
                                     const ProgressCallback& progress, BusyJournal kept = {});

}  // namespace forerun
