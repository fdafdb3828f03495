#include "kernels/microbenchmarks/busy.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <tuple>

#include "kernels/microbenchmarks/kernel_load.hpp"
#include "kernels/microbenchmarks/processes.hpp"
#include "kernels/trainer/clock.hpp"
#include "kernels/trainer/quantiles.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

constexpr Seconds kReading(50e-6);  // a hundred times what reading a processor clock takes
constexpr std::size_t kFewestReadings = 3;

/// What the processes of one measurement share.
struct Board {
  std::atomic<int> arrived = 0;  ///< how often processes came to a meeting, counted over all meetings
  BusyTimes times;               ///< of the first process
};

/// One of the processes: its load, and the meetings between the phases.
class Neighbour {
 public:
  Neighbour(const Microbenchmark& benchmark, int busy, Seconds duration, Board& board)
      : board_(board), busy_(busy), duration_(duration), load_(benchmark, arena_) {
    load_.warm_up();
    const Seconds start = thread_processor_time();
    load_.call();
    calls_a_reading_ = 1 + static_cast<int>(std::min(1e4, kReading / (thread_processor_time() - start)));
  }

  /// Returns once all processes have come. Those that wait sleep, so that a phase alone is one.
  void meet() {
    const int awaited = busy_ * ++meetings_;
    for (board_.arrived.fetch_add(1); board_.arrived.load() < awaited;) usleep(50);
  }

  /// Calls for the duration; the median over the mean of every few calls, in processor time: sharing a core is not what is measured.
  /// The first and the last tenth, where neighbours may be missing, do not count.
  Seconds run() {
    std::vector<Seconds> times;
    const Seconds begin = steady_now();
    for (Seconds now = begin; now - begin < duration_ || times.size() < kFewestReadings;) {
      const Seconds start = thread_processor_time();
      for (int i = 0; i < calls_a_reading_; ++i) load_.call();
      const Seconds a_call = (thread_processor_time() - start) / calls_a_reading_;
      const Seconds end = steady_now();
      const bool counts = end - begin > 0.1 * duration_ && end - begin < 0.9 * duration_;
      const bool overdue = end - begin >= duration_ && times.size() < kFewestReadings;
      if (counts || overdue || duration_ < 8 * (end - now)) times.push_back(a_call);
      now = end;
    }
    return quantiles(std::move(times)).median;
  }

 private:
  Board& board_;
  int busy_;
  Seconds duration_;
  Arena arena_;
  KernelLoad load_;
  int meetings_ = 0;
  int calls_a_reading_ = 1;
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// Both phases of a round lie within tenths of a second, so that a slow spell of the core mostly cancels out of their ratio.
void be_neighbour(const Microbenchmark& benchmark, int place, int busy, const BusyEffort& effort, Board& board) {
  Neighbour self(benchmark, busy, effort.duration, board);
  std::vector<Seconds> alone;
  std::vector<Seconds> among;
  std::vector<double> factors;
  for (int round = 0; round < effort.rounds; ++round) {
    self.meet();
    if (place == 0) alone.push_back(self.run());
    self.meet();
    among.push_back(self.run());
    if (place == 0) factors.push_back(among.back() / alone.back());
  }
  if (place == 0) board.times = {quantiles(alone).median, quantiles(among).median, median(factors)};
}

}  // namespace

BusyTimes time_among(const Microbenchmark& benchmark, int busy, const BusyEffort& effort) {
  SharedArray<Board> board(1);
  run_together(busy, [&](int place) { be_neighbour(benchmark, place, busy, effort, board[0]); });
  return board[0].times;
}

std::vector<int> busy_counts(int cores) {
  std::vector<int> counts;
  for (int busy = 2; busy < cores; busy *= 2) counts.push_back(busy);
  if (cores > 1) counts.push_back(cores);
  return counts;
}

std::vector<BusyFactor> measure_busy(const std::vector<Microbenchmark>& benchmarks, int cores, const BusyEffort& effort,
                                     const ProgressCallback& progress, BusyJournal kept) {
  const std::vector<int> counts = busy_counts(cores);
  std::map<std::tuple<LayerKind, Pass, int, Bytes>, std::vector<double>> logarithms;
  double done = 0;
  std::size_t place = kept.first;
  for (const Microbenchmark& benchmark : benchmarks) {
    const Kernel& kernel = benchmark.kernel;
    for (const int busy : counts) {
      const Journal::Entry* known = kept.journal != nullptr ? kept.journal->find(place) : nullptr;
      const double factor = known != nullptr ? known->sample.median.value() : time_among(benchmark, busy, effort).factor;
      if (kept.journal != nullptr && known == nullptr)
        kept.journal->add(place, {{{}, Seconds(factor), Seconds(factor), Seconds(factor)}, {}});
      logarithms[{kernel.shape.kind, kernel.pass, busy, bytes_moved(kernel)}].push_back(std::log(factor));
      ++place;
    }
    if (progress) progress({++done, static_cast<double>(benchmarks.size()), "kernels beside busy cores"});
  }
  std::vector<BusyFactor> factors;
  for (const auto& [key, values] : logarithms) {
    const auto& [kind, pass, busy, working_set] = key;
    double sum = 0;
    for (const double value : values) sum += value;
    factors.push_back({kind, pass, busy, std::exp(sum / static_cast<double>(values.size())), working_set});
  }
  return factors;
}

}  // namespace forerun
