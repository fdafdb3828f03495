#include "kernels/microbenchmarks/spells.hpp"

#include <algorithm>

#include "kernels/cpu/best_library.hpp"
#include "kernels/microbenchmarks/processes.hpp"
#include "kernels/trainer/clock.hpp"
#include "kernels/trainer/core_pin.hpp"

namespace forerun {

namespace {

constexpr std::int64_t kRemembered = 200;  // looks: ten seconds of two cores
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
  explicit Probe(Arena& arena) : buffers(kernel, 1, arena), run(cpu::make_operator(kernel, cpu::library_of(kernel, Kernels::fastest))) {}
  void call() { run->run(buffers.copy(0)); }
  Kernel kernel = probe_kernel();
  KernelBuffers buffers;
  std::unique_ptr<Operator> run;
};

SpellWatch::SpellWatch(Arena& arena) : probe_(std::make_unique<Probe>(arena)) {}
SpellWatch::~SpellWatch() = default;

std::optional<Seconds> SpellWatch::look() {
  if (steady_now() - last_ < kInterval) return {};
  probe_->call();  // brings its arrays back into the cache
  const Seconds start = thread_processor_time();
  for (int i = 0; i < 3; ++i) probe_->call();
  const Seconds time = thread_processor_time() - start;
  last_ = steady_now();
  return time;
}

std::vector<Seconds> SpellWatch::watch(Seconds duration) {
  std::vector<Seconds> times;
  probe_->call();  // the first call touches code and tables
  for (const Seconds begin = steady_now(); steady_now() - begin < duration; probe_->call())
    if (const std::optional<Seconds> time = look()) times.push_back(*time);
  return times;
}

Seconds usual_time(std::vector<Seconds> times) {
  if (times.size() < kFewest) return {};
  std::ranges::sort(times);
  const auto slow = std::ranges::upper_bound(times, kSlow * times[times.size() / 20]);
  Seconds sum;
  for (auto it = times.begin(); it != slow; ++it) sum += *it;
  return sum / static_cast<double>(slow - times.begin());
}

SlowSpells slow_spells(const std::vector<Seconds>& times, Seconds usual) {
  if (usual == Seconds(0) || times.empty()) return {};
  Seconds in_spells;
  std::int64_t slow = 0;
  for (const Seconds time : times)
    if (time > kSlow * usual) in_spells += time, ++slow;
  SlowSpells spells{.looks = static_cast<std::int64_t>(times.size()), .usual = usual};
  if (slow == 0) return spells;
  spells.share = static_cast<double>(slow) / static_cast<double>(times.size());
  spells.factor = in_spells / static_cast<double>(slow) / usual;
  return spells;
}

SlowSpells pooled(const SlowSpells& before, const SlowSpells& now) {
  if (now.looks == 0) return before;
  SlowSpells both = before;
  both.looks = std::min(before.looks, kRemembered) + now.looks;
  const double slow_before = before.share * static_cast<double>(both.looks - now.looks);
  const double slow_now = now.share * static_cast<double>(now.looks);
  if (slow_before + slow_now == 0) return both;
  both.share = (slow_before + slow_now) / static_cast<double>(both.looks);
  both.factor = (slow_before * before.factor + slow_now * now.factor) / (slow_before + slow_now);
  return both;
}

std::vector<Seconds> watch_all_cores(Seconds duration) {
  const std::size_t cores = std::max<std::size_t>(1, usable_cores().size());
  const auto most = 2 + static_cast<std::size_t>(duration / kInterval);
  SharedArray<std::size_t> counts(cores);
  SharedArray<Seconds> board(cores * most);
  run_together(static_cast<int>(cores), [&](int place) {
    Arena arena;
    SpellWatch watch(arena);
    std::vector<Seconds> times = watch.watch(duration);
    counts[place] = std::min(times.size(), most);
    for (std::size_t i = 0; i < counts[place]; ++i) board[place * most + i] = times[i];
  });
  std::vector<Seconds> all;
  for (std::size_t core = 0; core < cores; ++core)
    for (std::size_t i = 0; i < counts[core]; ++i) all.push_back(board[core * most + i]);
  return all;
}

}  // namespace forerun
