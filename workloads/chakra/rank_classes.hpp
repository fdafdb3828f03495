#pragma once

#include <vector>

#include "workloads/chakra/meetings.hpp"

namespace forerun::chakra {

/// A transfer of the plan: the meetings of ranks that do the same.
struct Slot {
  /// One side of it: a class, and the node of its trace.
  struct Side {
    int rank_class = 0;
    int node = 0;
    friend auto operator<=>(const Side&, const Side&) = default;
  };
  Collective::Operation operation = Collective::Operation::all_reduce;
  Bytes bytes;
  std::vector<Side> sides;  ///< of a message its sender, then its receiver
  Communicator communicator;
};

/// Ranks by what they do.
struct RankClasses {
  std::vector<RankClass> classes;
  std::vector<int> traces;  ///< the trace that stands for each class
  std::vector<Slot> slots;
  std::vector<std::vector<int>> slot_of;  ///< by class and node of its trace; -1 for a node of one rank
};

/// Puts ranks whose traces differ in names alone into one class, where their collectives and messages are over groups that a
/// Communicator can say and all of which meet the same classes; otherwise each rank becomes a class of its own.
/// MissingCapability: a group whose ranks do not lie at one distance, or so many ranks that all differ that no engine holds them.
RankClasses find_classes(const TraceSet& set, const Meetings& meetings);

}  // namespace forerun::chakra
