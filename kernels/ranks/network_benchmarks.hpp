#pragma once

#include <mpi.h>

#include "kernels/ranks/network_entries.hpp"

namespace forerun {

/// Measures one entry on all ranks of the communicator, of which there are as many as it says, for `budget` or so.
///   ping-pong       the first rank sends to the second, which sends it back: half of both
///   all-reduce, all-gather, reduce-scatter   as the trainer does them, in steps of computation: what they add to a step, the wait for the
///                   rank that is late this time included
///   broadcast       MPI_Bcast from the first rank
///   incast, fan-out the others send to the first rank at once, it sends to all of them, in messages as the trainer's of parameter servers
/// Ping-pong, broadcast, incast and fan-out start from a barrier, and end with the slowest rank. Each repetition writes what it sends
/// first, as a backward pass does with its gradients; buffers take turns, so that a large one comes from memory and a small one from the
/// cache of the core that wrote it. The same on every rank.
CollectiveSample measure_entry(const NetworkEntry& entry, MPI_Comm communicator, Seconds budget);

}  // namespace forerun
