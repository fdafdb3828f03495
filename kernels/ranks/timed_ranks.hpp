#pragma once

#include <mpi.h>

#include <functional>

#include "kernels/trainer/quantiles.hpp"

namespace forerun {

int group_rank(MPI_Comm communicator);
int group_size(MPI_Comm communicator);

/// Times `timed` on all ranks of the communicator until `budget` is used, at least 5 and at most 500 times after two trials.
/// Each repetition: `prepare`, a barrier, `timed`; its time is that of the slowest rank. The same on every rank.
Quantiles time_together(MPI_Comm communicator, Seconds budget, const std::function<void()>& prepare, const std::function<void()>& timed);

}  // namespace forerun
