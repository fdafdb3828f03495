#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/calibration.hpp"
#include "kernels/microbenchmarks/kernel_buffers.hpp"
#include "kernels/microbenchmarks/shapes.hpp"

namespace forerun {

/// How long one kernel is measured: in each sweep over the list `budget` in all, in at least `fewest` repetitions.
/// A machine that is shared has slow spells of seconds. Sweeps lie far apart in time, and the fastest one counts, because others
/// only ever make a kernel slower.
struct SampleEffort {
  Seconds budget = Seconds(0.02);
  int fewest = 3;
  int most = 10;
  int sweeps = 2;
};

/// Time of one call of a kernel: median and spread of repetitions, each long enough for the clock.
KernelSample measure_kernel(const Microbenchmark& benchmark, const SampleEffort& effort, Arena& arena);

/// Google Benchmark as a harness: runs `call` `iterations` times in each of `repetitions`, and gives the mean processor
/// time of a call in each repetition. Prints nothing. Not reentrant: the harness keeps one list of benchmarks a process.
std::vector<Seconds> run_repetitions(const std::string& name, std::int64_t iterations, int repetitions, const std::function<void()>& call);

/// The same with `prepare` before each call, whose time does not count. Elapsed time, since each call is timed by itself and reading the
/// processor time takes as long as a small kernel.
std::vector<Seconds> run_repetitions(const std::string& name, std::int64_t iterations, int repetitions,
                                     const std::function<void()>& prepare, const std::function<void()>& call);

}  // namespace forerun
