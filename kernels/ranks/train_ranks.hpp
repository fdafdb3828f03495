#pragma once

#include <mpi.h>

#include <vector>

#include "core/progress.hpp"
#include "kernels/ranks/job.hpp"

namespace forerun {

/// Trains the job's scenario on all ranks of the communicator. Rank 0 returns the result, the others an empty one.
/// `cores`: those that this process may use for reading data, beside the one that the rank trains on.
/// BadInput: a workload or strategy that cannot be read, or that is infeasible on a node with one device a rank.
TrainResult train_ranks(const TrainJob& job, MPI_Comm communicator, const ProgressCallback& progress, const TrainEventCallback& on_event,
                        std::vector<int> cores);

}  // namespace forerun
