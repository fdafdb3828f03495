#include "kernels/cuda/microbenchmarks/launch_time.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/cuda/microbenchmarks/delay.hpp"
#include "kernels/trainer/clock.hpp"

namespace forerun::cuda {

namespace {

constexpr Seconds kShortestRepetition(200e-6);  // 400 times the resolution of events
constexpr int kMostCalls = 128;  // a stream holds a thousand launches before it makes the host wait, and a call has up to a few
constexpr int kTries = 4;

class Event {
 public:
  Event() { check(cudaEventCreate(&event_), "cudaEventCreate"); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void record(cudaStream_t stream) { check(cudaEventRecord(event_, stream), "cudaEventRecord"); }
  /// Whether the device has passed it. That it has not is no error, but CUDA remembers it as one.
  [[nodiscard]] bool passed() const {
    const cudaError_t error = cudaEventQuery(event_);
    if (error == cudaErrorNotReady) return cudaGetLastError(), false;
    check(error, "cudaEventQuery");
    return true;
  }
  [[nodiscard]] Seconds since(const Event& start) const {
    check(cudaEventSynchronize(event_), "a kernel of the GPU");
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, start.event_, event_), "cudaEventElapsedTime");
    return Seconds(1e-3 * static_cast<double>(milliseconds));
  }

 private:
  cudaEvent_t event_ = nullptr;
};

struct Repetition {
  Seconds device;  ///< of one call
  Seconds issue;
  bool waited = false;  ///< the device, for the host
};

class Timer {
 public:
  Timer(const Context& context, const std::function<void()>& launch) : context_(context), launch_(launch) {}

  Repetition run(int calls, Seconds delay) {
    context_.finish();
    if (delay > Seconds(0)) launch_delay(delay, context_.stream());
    begin_.record(context_.stream());
    const Seconds start = steady_now();
    for (int call = 0; call < calls; ++call) launch_();
    const Seconds issuing = steady_now() - start;
    const bool began = begin_.passed();
    end_.record(context_.stream());
    const Seconds running = std::max(end_.since(begin_), kSmallest);
    return {running / calls, issuing / calls, began && running < 1.2 * issuing};
  }

 private:
  static constexpr Seconds kSmallest{1e-9};  // below what events tell, so that a time is one
  const Context& context_;
  const std::function<void()>& launch_;
  Event begin_, end_;
};

}  // namespace

LaunchTimes time_launches(const Context& context, const std::function<void()>& launch, const LaunchEffort& effort) {
  for (int call = 0; call < effort.warm_up; ++call) launch();
  Timer timer(context, launch);
  const Repetition trial = timer.run(1, Seconds(0));
  const double wanted = std::max(kShortestRepetition, effort.budget / effort.most) / trial.device;
  const int calls = static_cast<int>(std::clamp(std::ceil(wanted), 1.0, static_cast<double>(kMostCalls)));
  Seconds delay = std::min(2 * calls * trial.issue, effort.longest_delay);
  Repetition last = timer.run(calls, delay);
  for (int attempt = 1; last.waited && attempt < kTries && delay < effort.longest_delay; ++attempt) {
    delay = std::min(2 * delay, effort.longest_delay);
    last = timer.run(calls, delay);
  }
  const Seconds each = last.device * calls + delay;
  const int repetitions = std::clamp(static_cast<int>(effort.budget / each), effort.fewest, effort.most);
  std::vector<Seconds> device, issue;
  for (int i = 0; i < repetitions; ++i) {
    const Repetition repetition = timer.run(calls, delay);
    device.push_back(repetition.device);
    issue.push_back(repetition.issue);
  }
  return {quantiles(std::move(device)), quantiles(std::move(issue)).median};
}

}  // namespace forerun::cuda
