#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/calibration.hpp"
#include "kernels/microbenchmarks/kernel_buffers.hpp"
#include "kernels/microbenchmarks/shapes.hpp"

namespace forerun {

/// How long one kernel is measured: `budget` in all, in at least `fewest` repetitions.
struct SampleEffort {
  Seconds budget = Seconds(0.04);
  int fewest = 5;
  int most = 15;
};

/// Time of one call of a kernel: median and spread of repetitions, each long enough for the clock.
KernelSample measure_kernel(const Microbenchmark& benchmark, const SampleEffort& effort, Arena& arena);

/// Google Benchmark as a harness: runs `call` `iterations` times in each of `repetitions`, and gives the mean processor
/// time of a call in each repetition. Prints nothing. Not reentrant: the harness keeps one list of benchmarks a process.
std::vector<Seconds> run_repetitions(const std::string& name, std::int64_t iterations, int repetitions, const std::function<void()>& call);

}  // namespace forerun
