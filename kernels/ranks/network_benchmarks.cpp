#include "kernels/ranks/network_benchmarks.hpp"

#include <algorithm>
#include <memory>
#include <span>

#include "kernels/cpu/best_library.hpp"
#include "kernels/microbenchmarks/kernel_buffers.hpp"
#include "kernels/ranks/mpi_group.hpp"
#include "kernels/ranks/timed_ranks.hpp"
#include "kernels/trainer/array.hpp"

namespace forerun {

namespace {

constexpr std::size_t kRotation = std::size_t{64} << 20;  // bytes that the buffers of one size take together, at most
constexpr int kSlot = 0;
constexpr int kTag = 0;

/// Buffers of one size that take turns.
class Rotation {
 public:
  explicit Rotation(std::size_t floats) : floats_(std::max<std::size_t>(1, floats)) {
    const std::size_t copies = std::clamp<std::size_t>(kRotation / (floats_ * sizeof(float)), 1, 8);
    for (std::size_t i = 0; i < copies; ++i) buffers_.emplace_back(floats_);
  }

  /// The next buffer, freshly written by this core.
  std::span<float> next() {
    AlignedArray<float>& buffer = buffers_[turn_++ % buffers_.size()];
    for (float& value : buffer.span()) value = 1.0F + 0.25F * value;  // never denormal; from four ranks on it grows, which costs no time
    return buffer.span();
  }

 private:
  std::size_t floats_;
  std::size_t turn_ = 0;
  std::vector<AlignedArray<float>> buffers_;
};

/// Computation of some tens of microseconds, as it stands between the collectives of small steps.
class Computation {
 public:
  Computation() : buffers_(kernel(), 1, arena_), run_(cpu::make_operator(kernel(), cpu::library_of(kernel(), Kernels::fastest))) {}
  void run() { run_->run(buffers_.copy(0)); }

 private:
  static Kernel kernel() {
    Kernel dense;
    dense.shape = {.kind = LayerKind::dense, .input = {.channels = 256}, .output = {.channels = 256}};
    dense.batch = 32;
    return dense;
  }

  Arena arena_;
  KernelBuffers buffers_;
  std::unique_ptr<Operator> run_;
};

/// One entry's ranks, and what they send and receive.
class Bench {
 public:
  Bench(const NetworkEntry& entry, MPI_Comm communicator, Seconds budget)
      : communicator_(communicator),
        budget_(budget),
        group_(communicator),
        floats_(static_cast<std::size_t>(entry.bytes) / sizeof(float)) {}

  Quantiles ping_pong() {
    return together(floats_, [&] {
      const auto count = static_cast<int>(sent_.size());
      if (first()) {
        MPI_Send(sent_.data(), count, MPI_FLOAT, 1, kTag, communicator_);
        MPI_Recv(sent_.data(), count, MPI_FLOAT, 1, kTag, communicator_, MPI_STATUS_IGNORE);
      } else {
        MPI_Recv(sent_.data(), count, MPI_FLOAT, 0, kTag, communicator_, MPI_STATUS_IGNORE);
        MPI_Send(sent_.data(), count, MPI_FLOAT, 0, kTag, communicator_);
      }
    });
  }

  Quantiles all_reduce() {
    return in_steps(floats_, [&] { group_.all_reduce(sent_); });
  }

  Quantiles all_gather() {
    AlignedArray<float> all(floats_);
    return in_steps(floats_ / ranks(), [&] { group_.all_gather(sent_, all.span()); });
  }

  Quantiles reduce_scatter() {
    AlignedArray<float> own(floats_ / ranks());
    return in_steps(floats_, [&] { group_.reduce_scatter(sent_, own.span()); });
  }

  Quantiles broadcast() {
    return together(floats_, [&] { MPI_Bcast(sent_.data(), static_cast<int>(sent_.size()), MPI_FLOAT, 0, communicator_); });
  }

  Quantiles incast() {
    AlignedArray<float> received(first() ? (ranks() - 1) * floats_ : 0);
    return together(first() ? 0 : floats_, [&] {
      if (!first()) group_.start_send(kSlot, 0, kTag, sent_);
      for (std::size_t other = 1; first() && other < ranks(); ++other)
        group_.start_receive(kSlot, static_cast<int>(other), kTag, received.span().subspan((other - 1) * floats_, floats_));
      group_.wait(kSlot);
    });
  }

  Quantiles fan_out() {
    AlignedArray<float> received(first() ? 0 : floats_);
    return together(first() ? floats_ : 0, [&] {
      if (!first()) group_.start_receive(kSlot, 0, kTag, received.span());
      for (std::size_t other = 1; first() && other < ranks(); ++other) group_.start_send(kSlot, static_cast<int>(other), kTag, sent_);
      group_.wait(kSlot);
    });
  }

 private:
  [[nodiscard]] bool first() const { return group_.rank() == 0; }
  [[nodiscard]] std::size_t ranks() const { return static_cast<std::size_t>(group_.ranks()); }

  template <class Timed>
  Quantiles together(std::size_t floats, Timed&& timed) {
    Rotation buffers(floats);
    return time_together(
        communicator_, budget_, [&] { sent_ = buffers.next(); }, timed);
  }

  template <class Timed>
  Quantiles in_steps(std::size_t floats, Timed&& timed) {
    Rotation buffers(floats);
    Computation computation;
    return time_in_steps(
        communicator_, budget_, [&] { computation.run(), sent_ = buffers.next(); }, timed);
  }

  MPI_Comm communicator_;
  Seconds budget_;
  MpiGroup group_;
  std::size_t floats_;
  std::span<float> sent_;
};

}  // namespace

CollectiveSample measure_entry(const NetworkEntry& entry, MPI_Comm communicator, Seconds budget) {
  Bench bench(entry, communicator, budget);
  const auto sample = [&](const Quantiles& times, double share = 1) {
    const Bytes bytes(static_cast<double>(entry.bytes));
    return CollectiveSample{
        std::string(to_string(entry.benchmark)), entry.ranks, bytes, share * times.median, share * times.p10, share * times.p90};
  };
  switch (entry.benchmark) {
    case CommunicationBenchmark::ping_pong: return sample(bench.ping_pong(), 0.5);
    case CommunicationBenchmark::all_reduce: return sample(bench.all_reduce());
    case CommunicationBenchmark::all_gather: return sample(bench.all_gather());
    case CommunicationBenchmark::reduce_scatter: return sample(bench.reduce_scatter());
    case CommunicationBenchmark::broadcast: return sample(bench.broadcast());
    case CommunicationBenchmark::incast: return sample(bench.incast());
    case CommunicationBenchmark::fan_out: break;
  }
  return sample(bench.fan_out());
}

}  // namespace forerun
