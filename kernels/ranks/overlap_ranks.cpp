#include "kernels/ranks/overlap_ranks.hpp"

#include <algorithm>
#include <array>

#include "kernels/ranks/timed_ranks.hpp"
#include "kernels/trainer/array.hpp"
#include "kernels/trainer/clock.hpp"

namespace forerun {

namespace {

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
  OverlapProbe(MPI_Comm communicator, std::int64_t bytes, Seconds budget)
      : communicator_(communicator), budget_(budget), values_(static_cast<std::size_t>(bytes) / sizeof(float)) {}

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
    return time_together(communicator_, budget_ / 5, write, timed).median;
  }

  MPI_Comm communicator_;
  Seconds budget_;
  AlignedArray<float> values_;
  MPI_Request request_ = MPI_REQUEST_NULL;
  volatile float sink_ = 1;
};

}  // namespace

std::vector<std::int64_t> overlap_sizes(std::int64_t largest) {
  std::vector<std::int64_t> sizes{std::int64_t{64} << 10, std::int64_t{1} << 20, std::int64_t{25} << 20};
  std::erase_if(sizes, [&](std::int64_t bytes) { return bytes > largest; });
  return sizes;
}

OverlapSample overlap_sample(MPI_Comm communicator, std::int64_t bytes, Seconds budget) {
  OverlapProbe probe(communicator, bytes, budget);
  OverlapSample sample{};
  sample.ranks = group_size(communicator);
  sample.bytes = Bytes(static_cast<double>(bytes));
  sample.blocking = probe.blocking();
  sample.background = probe.background();
  const std::int64_t rounds = rounds_a_piece(communicator, sample.background);
  sample.compute = probe.compute(rounds);
  const Seconds shorter = std::min(sample.compute, sample.background);
  const auto hidden = [&](Seconds both) { return (sample.compute + sample.background - both) / shorter; };
  sample.fraction_with_test = hidden(probe.both(rounds, Testing::between_pieces));
  sample.fraction_without = hidden(probe.both(rounds, Testing::never));
  return sample;
}

}  // namespace forerun
