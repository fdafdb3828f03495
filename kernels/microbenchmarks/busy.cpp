#include "kernels/microbenchmarks/busy.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <memory>
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
constexpr Seconds kReading(50e-6);  // a hundred times what reading a processor clock takes

/// What the processes of one measurement share.
struct Board {
  std::atomic<int> arrived = 0;  ///< how often processes came to a meeting, counted over all meetings
  BusyTimes times;               ///< of the first process
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
  Board& operator*() { return *board_; }

 private:
  void* memory_;
  Board* board_ = nullptr;
};

/// One of the processes: its load, and the meetings between the phases.
class Neighbour {
 public:
  Neighbour(const Microbenchmark& benchmark, int busy, Seconds duration, Board& board)
      : board_(board),
        busy_(busy),
        duration_(duration),
        buffers_(benchmark.kernel, benchmark.copies, arena_),
        run_(cpu::make_operator(benchmark.kernel, library_of(benchmark.kernel, Kernels::fastest))) {
    const Seconds start = thread_processor_time();
    for (std::size_t i = 0; i < buffers_.copies(); ++i) call();
    const Seconds a_call = (thread_processor_time() - start) / static_cast<double>(buffers_.copies());
    calls_a_reading_ = 1 + static_cast<int>(std::min(1e4, kReading / a_call));
  }

  /// Returns once all processes have come. Those that wait sleep, so that a phase alone is one.
  void meet() {
    const int awaited = busy_ * ++meetings_;
    for (board_.arrived.fetch_add(1); board_.arrived.load() < awaited;) usleep(50);
  }

  /// Calls for the duration and keeps the mean of every few calls, in processor time: sharing a core is not what is measured.
  /// The first and the last tenth, where neighbours may be missing, do not count.
  void load(std::vector<Seconds>& times) {
    const Seconds begin = steady_now();
    const std::size_t fewest = times.size() + 3;
    for (Seconds now = begin; now - begin < duration_ || times.size() < fewest;) {
      const Seconds start = thread_processor_time();
      for (int i = 0; i < calls_a_reading_; ++i) call();
      const Seconds a_call = (thread_processor_time() - start) / calls_a_reading_;
      const Seconds end = steady_now();
      const bool counts = end - begin > 0.1 * duration_ && end - begin < 0.9 * duration_;
      const bool overdue = end - begin >= duration_ && times.size() < fewest;
      if (counts || overdue || duration_ < 8 * (end - now)) times.push_back(a_call);
      now = end;
    }
  }

 private:
  void call() {
    run_->run(buffers_.copy(turn_));
    if (++turn_ == buffers_.copies()) turn_ = 0;
  }

  Board& board_;
  int busy_;
  Seconds duration_;
  Arena arena_;
  KernelBuffers buffers_;
  std::unique_ptr<cpu::Operator> run_;
  std::size_t turn_ = 0;
  int meetings_ = 0;
  int calls_a_reading_ = 1;
};

void be_neighbour(const Microbenchmark& benchmark, int place, int busy, const BusyEffort& effort, Board& board) {
  Neighbour self(benchmark, busy, effort.duration, board);
  std::vector<Seconds> alone;
  std::vector<Seconds> among;
  for (int round = 0; round < effort.rounds; ++round) {
    self.meet();
    if (place == 0) self.load(alone);
    self.meet();
    self.load(among);
  }
  if (place == 0) board.times = {quantiles(alone).median, quantiles(among).median};
}

[[noreturn]] void run_child(const Microbenchmark& benchmark, int place, int busy, const BusyEffort& effort, Board& board) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::vector<int> cores = usable_cores();
  const CorePin pin(cores[static_cast<std::size_t>(place) % cores.size()]);
  int status = 1;
  try {
    be_neighbour(benchmark, place, busy, effort, board);
    status = 0;
  } catch (const std::exception&) {  // the parent sees the status
  }
  _exit(status);
}

/// Waits for all; when one breaks off, the others would wait for it for ever. True if all ended well.
bool all_end_well(std::vector<pid_t> processes) {
  bool well = true;
  while (!processes.empty()) {
    int status = 0;
    const pid_t ended = waitpid(processes.back(), &status, well ? WNOHANG : 0);
    if (ended == 0) {
      usleep(500);
      std::ranges::rotate(processes, processes.end() - 1);
      continue;
    }
    processes.pop_back();
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    well = false;
    for (const pid_t process : processes) kill(process, SIGKILL);
  }
  return well;
}

}  // namespace

BusyTimes time_among(const Microbenchmark& benchmark, int busy, const BusyEffort& effort) {
  if (busy < 1 || busy > kMostProcesses) throw std::runtime_error("busy factors take 1 to 1024 processes");
  SharedBoard board;
  std::vector<pid_t> processes;
  bool complete = true;
  for (int place = 0; place < busy && complete; ++place) {
    const pid_t process = fork();
    if (process == 0) run_child(benchmark, place, busy, effort, *board);
    complete = process > 0;
    if (complete) processes.push_back(process);
  }
  if (!complete)
    for (const pid_t process : processes) kill(process, SIGKILL);
  if (!all_end_well(processes) || !complete) throw std::runtime_error("a process that measures busy factors broke off");
  return (*board).times;
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
    for (const int busy : counts) {
      const BusyTimes times = time_among(benchmark, busy, effort);
      logarithms[{benchmark.kernel.shape.kind, benchmark.kernel.pass, busy}].push_back(std::log(times.among / times.alone));
    }
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
