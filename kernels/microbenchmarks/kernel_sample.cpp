#include "kernels/microbenchmarks/kernel_sample.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>

#include "kernels/microbenchmarks/kernel_load.hpp"
#include "kernels/trainer/clock.hpp"
#include "kernels/trainer/quantiles.hpp"

namespace forerun {

namespace {

constexpr Seconds kShortestRepetition(200e-6);  // a thousand times what reading the clock takes

/// Keeps the processor times of repetitions instead of printing them: a kernel never waits, and elapsed time would count whoever
/// else uses the core.
class Recorder : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs)
      if (run.run_type == Run::RT_Iteration) times.emplace_back(run.cpu_accumulated_time / static_cast<double>(run.iterations));
  }

  std::vector<Seconds> times;
};

Seconds trial(const std::function<void()>& call) {
  const Seconds start = thread_processor_time();
  call();
  return std::max(thread_processor_time() - start, Seconds(20e-9));
}

}  // namespace

std::vector<Seconds> run_repetitions(const std::string& name, std::int64_t iterations, int repetitions, const std::function<void()>& call) {
  benchmark::ClearRegisteredBenchmarks();
  benchmark::RegisterBenchmark(name.c_str(),
                               [&](benchmark::State& state) {
                                 for ([[maybe_unused]] auto _ : state) call();
                               })
      ->Iterations(iterations)
      ->Repetitions(repetitions);
  Recorder recorder;
  benchmark::RunSpecifiedBenchmarks(&recorder, "all");
  benchmark::ClearRegisteredBenchmarks();
  return recorder.times;
}

KernelSample measure_kernel(const Microbenchmark& benchmark, const SampleEffort& effort, Arena& arena) {
  const Kernel& kernel = benchmark.kernel;
  KernelLoad load(benchmark, arena);
  load.warm_up();
  const auto call = [&] { load.call(); };
  const Seconds once = trial(call);
  const Seconds repetition = std::max(kShortestRepetition, effort.budget / effort.most);
  const auto iterations = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(repetition / once)));
  const int repetitions =
      std::clamp(static_cast<int>(effort.budget / (once * static_cast<double>(iterations))), effort.fewest, effort.most);
  const Quantiles times = quantiles(run_repetitions("kernel", iterations, repetitions, call));
  return {kernel, times.median, times.p10, times.p90};
}

}  // namespace forerun
