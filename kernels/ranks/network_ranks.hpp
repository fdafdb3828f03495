#pragma once

#include <mpi.h>

#include <functional>

#include "core/progress.hpp"
#include "kernels/ranks/job.hpp"

namespace forerun {

/// Measures the job's entries one after another, each among the first so many ranks while the others sleep. Rank 0 returns the result and
/// reports each sample as soon as it is there. BadInput: an entry of more ranks than there are.
NetworkResult measure_network_ranks(const NetworkJob& job, MPI_Comm world, const ProgressCallback& progress,
                                    const SampleCallback& on_sample);

}  // namespace forerun
