#include "kernels/microbenchmarks/busy.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <map>
#include <new>
#include <stdexcept>
#include <tuple>

#include "kernels/microbenchmarks/kernel_buffers.hpp"
#include "kernels/trainer/clock.hpp"
#include "kernels/trainer/core_pin.hpp"
#include "kernels/trainer/network.hpp"
#include "kernels/trainer/quantiles.hpp"

namespace forerun {

namespace {

constexpr int kMostProcesses = 1024;

/// What the processes of one measurement share.
struct Board {
  std::atomic<int> ready = 0;
  std::array<double, kMostProcesses> median_s{};
};

/// Memory that stays shared over a fork.
class SharedBoard {
 public:
  SharedBoard() : memory_(mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (memory_ == MAP_FAILED) throw std::runtime_error("no shared memory for busy factors");
    board_ = new (memory_) Board;
  }
  SharedBoard(const SharedBoard&) = delete;
  SharedBoard& operator=(const SharedBoard&) = delete;
  ~SharedBoard() { munmap(memory_, sizeof(Board)); }
  Board* operator->() { return board_; }

 private:
  void* memory_;
  Board* board_ = nullptr;
};

/// One process's share: prepares, waits for all, runs for the duration; the first and last tenth, where neighbours may be
/// missing, do not count.
Seconds run_beside(const Microbenchmark& benchmark, int busy, Seconds duration, std::atomic<int>& ready) {
  Arena arena;
  const KernelBuffers buffers(benchmark.kernel, benchmark.copies, arena);
  const auto run = cpu::make_operator(benchmark.kernel, library_of(benchmark.kernel, Kernels::fastest));
  for (std::size_t i = 0; i < buffers.copies(); ++i) run->run(buffers.copy(i));
  std::vector<Seconds> times;
  times.reserve(1 << 16);
  ready.fetch_add(1);
  while (ready.load() < busy) {
  }
  const Seconds begin = steady_now();
  std::size_t turn = 0;
  for (Seconds now = begin; now - begin < duration || times.size() < 3;) {
    run->run(buffers.copy(turn));
    if (++turn == buffers.copies()) turn = 0;
    const Seconds end = steady_now();
    const bool counts = end - begin > 0.1 * duration && end - begin < 0.9 * duration;
    if (counts || times.size() < 3) times.push_back(end - now);
    now = end;
  }
  return quantiles(times).median;
}

[[noreturn]] void be_neighbour(const Microbenchmark& benchmark, int place, int busy, Seconds duration, SharedBoard& board) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::vector<int> cores = usable_cores();
  const CorePin pin(cores[static_cast<std::size_t>(place) % cores.size()]);
  int status = 1;
  try {
    board->median_s[static_cast<std::size_t>(place)] = run_beside(benchmark, busy, duration, board->ready).value();
    status = 0;
  } catch (...) {  // the parent sees the status
    board->ready.fetch_add(busy);
  }
  _exit(status);
}

}  // namespace

Seconds time_among(const Microbenchmark& benchmark, int busy, Seconds duration) {
  if (busy < 1 || busy > kMostProcesses) throw std::runtime_error("busy factors take 1 to 1024 processes");
  SharedBoard board;
  std::vector<pid_t> processes;
  bool complete = true;
  for (int place = 0; place < busy && complete; ++place) {
    const pid_t process = fork();
    if (process == 0) be_neighbour(benchmark, place, busy, duration, board);
    complete = process > 0;
    if (complete) processes.push_back(process);
  }
  if (!complete)
    for (const pid_t process : processes) kill(process, SIGKILL);
  for (const pid_t process : processes) {
    int status = 0;
    waitpid(process, &status, 0);
    complete = complete && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  if (!complete) throw std::runtime_error("a process that measures busy factors broke off");
  std::vector<Seconds> medians;
  for (int place = 0; place < busy; ++place) medians.emplace_back(board->median_s[static_cast<std::size_t>(place)]);
  return quantiles(medians).median;
}

std::vector<int> busy_counts(int cores) {
  std::vector<int> counts;
  for (int busy = 2; busy < cores; busy *= 2) counts.push_back(busy);
  if (cores > 1) counts.push_back(cores);
  return counts;
}

std::vector<BusyFactor> measure_busy(const std::vector<Microbenchmark>& benchmarks, int cores, const BusyEffort& effort,
                                     const ProgressCallback& progress) {
  const std::vector<int> counts = busy_counts(cores);
  std::map<std::tuple<LayerKind, Pass, int>, std::vector<double>> logarithms;
  double done = 0;
  for (const Microbenchmark& benchmark : benchmarks) {
    std::vector<std::vector<Seconds>> times(counts.size() + 1);
    for (int round = 0; round < effort.rounds && !counts.empty(); ++round) {
      times.back().push_back(time_among(benchmark, 1, effort.duration));
      for (std::size_t i = 0; i < counts.size(); ++i) times[i].push_back(time_among(benchmark, counts[i], effort.duration));
    }
    for (std::size_t i = 0; i < counts.size(); ++i)
      logarithms[{benchmark.kernel.shape.kind, benchmark.kernel.pass, counts[i]}].push_back(
          std::log(quantiles(times[i]).median / quantiles(times.back()).median));
    if (progress) progress({++done, static_cast<double>(benchmarks.size()), "kernels beside busy cores"});
  }
  std::vector<BusyFactor> factors;
  for (const auto& [key, values] : logarithms) {
    double sum = 0;
    for (const double value : values) sum += value;
    factors.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), std::exp(sum / static_cast<double>(values.size()))});
  }
  return factors;
}

}  // namespace forerun
