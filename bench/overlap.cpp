// Why: whether gradients are reduced beside compute is a default of the trainer (strategies/runtimes/forerun.yaml), and it depends on
// whether MPI moves a non-blocking all-reduce while the ranks compute. Measures each alone and then together, compute as long as the
// all-reduce itself, in 32 pieces, with MPI_Test between the pieces and without. What is printed for one machine stands in
// docs/validation.md.
//   usage: mpirun -n 2 bench_overlap
#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>

#include "kernels/ranks/timed_ranks.hpp"
#include "kernels/trainer/array.hpp"
#include "kernels/trainer/clock.hpp"
#include "kernels/trainer/core_pin.hpp"

namespace {

using namespace forerun;

constexpr Seconds kBudget(0.1);  // how long each of the five is repeated
constexpr int kPieces = 32;

/// Arithmetic that lives in registers; the result must be used.
float compute_piece(std::int64_t rounds, float seed) {
  std::array<float, 16> lanes{};
  lanes.fill(seed);
  for (std::int64_t i = 0; i < rounds; ++i)
    for (float& lane : lanes) lane = lane * 0.999F + 0.001F;
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  return sum;
}

/// Rounds of a piece so that all pieces together last as long as `whole`; the same on every rank.
std::int64_t rounds_a_piece(MPI_Comm communicator, Seconds whole) {
  constexpr std::int64_t kProbe = 1 << 14;
  volatile float sink = compute_piece(kProbe, 1);
  Seconds shortest(1);  // of several: another process may hold one up
  for (int i = 0; i < 16; ++i) {
    const Seconds start = steady_now();
    sink = compute_piece(kProbe, sink);
    shortest = std::min(shortest, steady_now() - start);
  }
  double rounds = whole / kPieces / (shortest / static_cast<double>(kProbe));
  MPI_Bcast(&rounds, 1, MPI_DOUBLE, 0, communicator);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(rounds));
}

enum class Testing { between_pieces, never };

class OverlapProbe {
 public:
  OverlapProbe(MPI_Comm communicator, std::size_t bytes) : communicator_(communicator), values_(bytes / sizeof(float)) {}

  Seconds blocking() {
    return time([&] { MPI_Allreduce(MPI_IN_PLACE, values_.data(), count(), MPI_FLOAT, MPI_SUM, communicator_); });
  }
  Seconds background() {
    return time([&] {
      start();
      MPI_Wait(&request_, MPI_STATUS_IGNORE);
    });
  }
  Seconds compute(std::int64_t rounds) {
    return time([&] {
      for (int piece = 0; piece < kPieces; ++piece) sink_ = compute_piece(rounds, sink_);
    });
  }
  Seconds both(std::int64_t rounds, Testing testing) {
    return time([&] {
      start();
      for (int piece = 0; piece < kPieces; ++piece) {
        sink_ = compute_piece(rounds, sink_);
        int complete = 0;
        if (testing == Testing::between_pieces) MPI_Test(&request_, &complete, MPI_STATUS_IGNORE);
      }
      MPI_Wait(&request_, MPI_STATUS_IGNORE);
    });
  }

 private:
  [[nodiscard]] int count() const { return static_cast<int>(values_.size()); }
  void start() { MPI_Iallreduce(MPI_IN_PLACE, values_.data(), count(), MPI_FLOAT, MPI_SUM, communicator_, &request_); }
  Seconds time(const std::function<void()>& timed) {
    const auto write = [&] { std::ranges::fill(values_.span(), 1.0F); };
    return time_together(communicator_, kBudget, write, timed).median;
  }

  MPI_Comm communicator_;
  AlignedArray<float> values_;
  MPI_Request request_ = MPI_REQUEST_NULL;
  volatile float sink_ = 1;
};

/// How much of the shorter one is hidden: (compute + all-reduce - both) / min(compute, all-reduce); 1 = all, 0 = none, below zero:
/// together they take longer than one after the other.
void measure(MPI_Comm communicator, std::size_t bytes) {
  OverlapProbe probe(communicator, bytes);
  const Seconds blocking = probe.blocking();
  const Seconds background = probe.background();
  const std::int64_t rounds = rounds_a_piece(communicator, background);
  const Seconds compute = probe.compute(rounds);
  const auto hidden = [&](Seconds both) { return 100 * ((compute + background - both) / std::min(compute, background)); };
  const double with_test = hidden(probe.both(rounds, Testing::between_pieces));
  const double without = hidden(probe.both(rounds, Testing::never));
  if (group_rank(communicator) == 0)
    std::printf("%9zu %12.1f %14.1f %13.0f %% %11.0f %%\n", bytes, 1e6 * blocking.value(), 1e6 * background.value(), with_test, without);
}

}  // namespace

int main() {
  MPI_Init(nullptr, nullptr);
  const std::vector<int> cores = usable_cores();
  const CorePin pin(cores[static_cast<std::size_t>(group_rank(MPI_COMM_WORLD)) % cores.size()]);
  if (group_rank(MPI_COMM_WORLD) == 0)
    std::printf("%9s %12s %14s %15s %13s\n", "bytes", "blocking us", "background us", "hidden, tested", "hidden, not");
  for (const std::size_t bytes : {std::size_t{64} << 10, std::size_t{1} << 20, std::size_t{25} << 20}) measure(MPI_COMM_WORLD, bytes);
  MPI_Finalize();
}
