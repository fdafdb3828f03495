#include "kernels/ranks/network_ranks.hpp"

#include <unistd.h>

#include <functional>

#include "core/error.hpp"
#include "io/format.hpp"
#include "kernels/ranks/network_benchmarks.hpp"
#include "kernels/ranks/timed_ranks.hpp"

namespace forerun {

namespace {

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

NetworkResult measure_network_ranks(const NetworkJob& job, MPI_Comm world, const ProgressCallback& progress,
                                    const SampleCallback& on_sample) {
  for (const NetworkEntry& entry : job.entries)
    if (entry.ranks > group_size(world))
      throw BadInput(Problem{
          .what = forerun::format("{} over {} ranks, launched were {}", to_string(entry.benchmark), entry.ranks, group_size(world))});
  NetworkResult result;
  const auto total = static_cast<double>(job.entries.size());
  for (const NetworkEntry& entry : job.entries) {
    among_first(world, entry.ranks, [&](MPI_Comm part) { result.collectives.push_back(measure_entry(entry, part, job.time_a_size)); });
    if (group_rank(world) != 0) continue;
    if (on_sample) on_sample(result.collectives.back());
    if (progress)
      progress({static_cast<double>(result.collectives.size()), total, std::string(to_string(entry.benchmark)) + " between ranks"});
  }
  return result;
}

}  // namespace forerun
