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

/// What `timed`, which ends on all ranks together, adds to steps of `compute` and itself: from the end of one repetition to the end of
/// the next, less the median of `compute` alone (its mean over the ranks). Ranks do not meet before `timed`, so that it holds what a step
/// waits for the rank whose computation took longest this time. Repeated as time_together() does; the same on every rank.
Quantiles time_in_steps(MPI_Comm communicator, Seconds budget, const std::function<void()>& compute, const std::function<void()>& timed);

}  // namespace forerun
