#include "kernels/microbenchmarks/spells.hpp"

#include <algorithm>

#include "kernels/trainer/clock.hpp"
#include "kernels/trainer/network.hpp"

namespace forerun {

namespace {

constexpr Seconds kInterval(0.1);
constexpr double kSlow = 1.12;
constexpr std::size_t kFewest = 10;

Kernel probe_kernel() {
  Kernel kernel;
  kernel.shape = {LayerKind::dense, {1024, 1, 1}, {1024, 1, 1}, 1, 1, 0};
  kernel.batch = 48;
  return kernel;
}

}  // namespace

struct SpellWatch::Probe {
  explicit Probe(Arena& arena) : buffers(kernel, 1, arena), run(cpu::make_operator(kernel, library_of(kernel, Kernels::fastest))) {}
  Kernel kernel = probe_kernel();
  KernelBuffers buffers;
  std::unique_ptr<cpu::Operator> run;
};

SpellWatch::SpellWatch(Arena& arena) : probe_(std::make_unique<Probe>(arena)) {}
SpellWatch::~SpellWatch() = default;

void SpellWatch::look() {
  if (steady_now() - last_ < kInterval) return;
  const cpu::LayerBuffers buffers = probe_->buffers.copy(0);
  probe_->run->run(buffers);  // brings its arrays back into the cache
  const Seconds start = thread_processor_time();
  for (int i = 0; i < 3; ++i) probe_->run->run(buffers);
  times_.push_back(thread_processor_time() - start);
  last_ = steady_now();
}

SlowSpells SpellWatch::slow_spells(const std::vector<Seconds>& times) {
  if (times.size() < kFewest) return {};
  std::vector<Seconds> sorted = times;
  std::sort(sorted.begin(), sorted.end());
  const Seconds limit = kSlow * sorted[sorted.size() / 20];
  const auto slow = std::upper_bound(sorted.begin(), sorted.end(), limit);
  const auto mean = [](auto begin, auto end) {
    Seconds sum;
    for (auto it = begin; it != end; ++it) sum += *it;
    return sum / static_cast<double>(end - begin);
  };
  if (slow == sorted.end()) return {};
  return {static_cast<double>(sorted.end() - slow) / static_cast<double>(sorted.size()),
          mean(slow, sorted.end()) / mean(sorted.begin(), slow)};
}

}  // namespace forerun
