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

enum class Timed { processor, by_hand };

/// Keeps the times of repetitions instead of printing them. Of processor time where it can: a kernel never waits, and elapsed time would
/// count whoever else uses the core.
class Recorder : public benchmark::BenchmarkReporter {
 public:
  explicit Recorder(Timed timed) : timed_(timed) {}
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      const double time = timed_ == Timed::processor ? run.cpu_accumulated_time : run.real_accumulated_time;
      if (run.run_type == Run::RT_Iteration) times.emplace_back(time / static_cast<double>(run.iterations));
    }
  }

  std::vector<Seconds> times;

 private:
  Timed timed_;
};

/// `body` is called once a repetition with the state that it iterates over.
std::vector<Seconds> repeat(const std::string& name, std::int64_t iterations, int repetitions, Timed timed,
                            const std::function<void(benchmark::State&)>& body) {
  benchmark::ClearRegisteredBenchmarks();
  auto* registered = benchmark::RegisterBenchmark(name.c_str(), body)->Iterations(iterations)->Repetitions(repetitions);
  if (timed == Timed::by_hand) registered->UseManualTime();
  Recorder recorder(timed);
  benchmark::RunSpecifiedBenchmarks(&recorder, "all");
  benchmark::ClearRegisteredBenchmarks();
  return recorder.times;
}

Seconds trial(const std::function<void()>& call) {
  const Seconds start = thread_processor_time();
  call();
  return std::max(thread_processor_time() - start, Seconds(20e-9));
}

}  // namespace

std::vector<Seconds> run_repetitions(const std::string& name, std::int64_t iterations, int repetitions, const std::function<void()>& call) {
  return repeat(name, iterations, repetitions, Timed::processor, [&](benchmark::State& state) {
    for ([[maybe_unused]] auto _ : state) call();
  });
}

std::vector<Seconds> run_repetitions(const std::string& name, std::int64_t iterations, int repetitions,
                                     const std::function<void()>& prepare, const std::function<void()>& call) {
  return repeat(name, iterations, repetitions, Timed::by_hand, [&](benchmark::State& state) {
    for ([[maybe_unused]] auto _ : state) {
      prepare();
      const Seconds start = steady_now();
      call();
      state.SetIterationTime((steady_now() - start).value());
    }
  });
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
  const Quantiles times = quantiles(benchmark.copies > 1 ? run_repetitions(
                                                               "kernel", iterations, repetitions, [&] { load.prepare(); }, call)
                                                         : run_repetitions("kernel", iterations, repetitions, call));
  return {kernel, times.median, times.p10, times.p90};
}

}  // namespace forerun
