#include "kernels/ranks/network_ranks.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>

#include "kernels/microbenchmarks/kernel_buffers.hpp"
#include "kernels/ranks/timed_ranks.hpp"
#include "kernels/trainer/array.hpp"
#include "kernels/trainer/network.hpp"

namespace forerun {

namespace {

constexpr std::size_t kRotation = std::size_t{64} << 20;  // bytes that the buffers of one size take together, at most

/// Buffers of one size that take turns.
class Rotation {
 public:
  explicit Rotation(std::size_t bytes) : floats_(std::max<std::size_t>(1, bytes / sizeof(float))) {
    const std::size_t copies = std::clamp<std::size_t>(kRotation / bytes, 1, 8);
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
  Computation() : buffers_(kernel(), 1, arena_), run_(cpu::make_operator(kernel(), library_of(kernel(), Kernels::fastest))) {}
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
  std::unique_ptr<cpu::Operator> run_;
};

/// In steps of computation: the gradients are written by their own core, and ranks wait for the one that is late this time.
CollectiveSample all_reduce_sample(MPI_Comm communicator, std::int64_t bytes, Seconds budget) {
  Rotation buffers(static_cast<std::size_t>(bytes));
  std::span<float> buffer;
  Computation computation;
  const Quantiles times = time_in_steps(
      communicator, budget, [&] { computation.run(), buffer = buffers.next(); },
      [&] { MPI_Allreduce(MPI_IN_PLACE, buffer.data(), static_cast<int>(buffer.size()), MPI_FLOAT, MPI_SUM, communicator); });
  return {"all-reduce", group_size(communicator), Bytes(static_cast<double>(bytes)), times.median, times.p10, times.p90};
}

/// Half of a round trip.
CollectiveSample ping_pong_sample(MPI_Comm pair, std::int64_t bytes, Seconds budget) {
  Rotation buffers(static_cast<std::size_t>(bytes));
  std::span<float> buffer;
  const bool first = group_rank(pair) == 0;
  const Quantiles times = time_together(
      pair, budget, [&] { buffer = buffers.next(); },
      [&] {
        const auto count = static_cast<int>(buffer.size());
        if (first) {
          MPI_Send(buffer.data(), count, MPI_FLOAT, 1, 0, pair);
          MPI_Recv(buffer.data(), count, MPI_FLOAT, 1, 0, pair, MPI_STATUS_IGNORE);
        } else {
          MPI_Recv(buffer.data(), count, MPI_FLOAT, 0, 0, pair, MPI_STATUS_IGNORE);
          MPI_Send(buffer.data(), count, MPI_FLOAT, 0, 0, pair);
        }
      });
  return {"ping-pong", 2, Bytes(static_cast<double>(bytes)), times.median / 2, times.p10 / 2, times.p90 / 2};
}

/// Ranks that do not take part sleep, so that they take no core and no bandwidth from those that do.
void sleep_until_all_arrive(MPI_Comm world) {
  MPI_Request request{};
  MPI_Ibarrier(world, &request);
  for (int complete = 0; complete == 0;) {
    MPI_Test(&request, &complete, MPI_STATUS_IGNORE);
    if (complete == 0) usleep(1000);
  }
}

/// Runs `measure` on a communicator of the first `ranks` ranks while the others sleep.
void among_first(MPI_Comm world, int ranks, const std::function<void(MPI_Comm)>& measure) {
  const bool member = group_rank(world) < ranks;
  MPI_Comm part = MPI_COMM_NULL;
  MPI_Comm_split(world, member ? 0 : MPI_UNDEFINED, group_rank(world), &part);
  if (member) {
    measure(part);
    MPI_Comm_free(&part);
  }
  sleep_until_all_arrive(world);
}

}  // namespace

std::vector<std::int64_t> network_sizes(std::int64_t largest) {
  std::vector<std::int64_t> sizes;
  for (std::int64_t bytes = sizeof(float); bytes < largest; bytes *= 4) sizes.push_back(bytes);
  sizes.push_back(largest / static_cast<std::int64_t>(sizeof(float)) * static_cast<std::int64_t>(sizeof(float)));
  return sizes;
}

NetworkResult measure_network_ranks(const NetworkJob& job, MPI_Comm world, const ProgressCallback& progress) {
  const int ranks = group_size(world);
  const std::vector<std::int64_t> sizes = network_sizes(job.largest_bytes);
  NetworkResult result;
  double done = 0;
  const double total = static_cast<double>(sizes.size()) * ranks;
  const auto advance = [&](const char* what) {
    if (progress) progress({++done, total, what});
  };
  among_first(world, 2, [&](MPI_Comm pair) {
    for (const std::int64_t bytes : sizes) {
      result.collectives.push_back(ping_pong_sample(pair, bytes, job.time_a_size));
      advance("ping-pong between ranks");
    }
  });
  for (int members = 2; members <= ranks; ++members)
    among_first(world, members, [&](MPI_Comm part) {
      for (const std::int64_t bytes : sizes) {
        result.collectives.push_back(all_reduce_sample(part, bytes, job.time_a_size));
        advance("all-reduce between ranks");
      }
    });
  return result;
}

}  // namespace forerun
