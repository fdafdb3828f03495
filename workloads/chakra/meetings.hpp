#pragma once

#include <vector>

#include "workloads/chakra/trace_set.hpp"

namespace forerun::chakra {

/// A collective or a message: the nodes of all its ranks together. Where one trace stands for all ranks, only its own.
struct Meeting {
  Collective::Operation operation = Collective::Operation::all_reduce;
  Bytes bytes;             ///< as Collective counts them
  std::vector<int> ranks;  ///< ascending; of a message its sender, then its receiver
  std::vector<int> nodes;  ///< of each of them, in its trace
};

struct Meetings {
  std::vector<Meeting> all;
  std::vector<std::vector<int>> of;  ///< by trace and node; -1 for a node of one rank
};

/// Which nodes of different ranks are one. The n-th collective of a rank over a group is the n-th of every other rank of it; the n-th
/// message from one rank to another with a tag is the n-th that is received.
/// BadInput: such nodes differ, or some are missing; an unknown group; where one trace stands for all ranks, anything but collectives
/// over all of them.
Meetings find_meetings(const TraceSet& set);

}  // namespace forerun::chakra
