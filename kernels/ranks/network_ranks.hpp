#pragma once

#include <mpi.h>

#include "core/progress.hpp"
#include "kernels/ranks/job.hpp"

namespace forerun {

/// Measures ping-pong between the first two ranks and all-reduce among the first 2, 3, ... ranks by size. Sizes are powers of four
/// from 4 bytes; the largest is always one of them.
/// Every repetition writes its buffer first, as a backward pass does with its gradients, and starts from a barrier; buffers take
/// turns, so that a large one comes from memory and a small one from the cache of the core that wrote it. A repetition's time is
/// that of its slowest rank. Rank 0 returns the result, the others an empty one.
NetworkResult measure_network_ranks(const NetworkJob& job, MPI_Comm world, const ProgressCallback& progress);

/// The sizes in bytes: 4, 16, 64, ... and `largest`.
std::vector<std::int64_t> network_sizes(std::int64_t largest);

}  // namespace forerun
