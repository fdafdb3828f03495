#pragma once

#include <mpi.h>

#include "kernels/ranks/job.hpp"

namespace forerun {

/// Gradient buckets whose overlap with compute is worth knowing, up to `largest` bytes.
std::vector<std::int64_t> overlap_sizes(std::int64_t largest);

/// Measures an OverlapSample: compute as long as the all-reduce itself, in 32 pieces.
OverlapSample overlap_sample(MPI_Comm communicator, std::int64_t bytes, Seconds budget);

}  // namespace forerun
