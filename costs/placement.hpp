#pragma once

#include "core/plan.hpp"
#include "core/platform.hpp"

namespace forerun {

/// The node that holds a rank: ranks fill one node after another.
constexpr int node_of(const Platform& platform, int rank) { return rank / platform.devices_per_node; }

/// How the groups of a communicator lie on nodes. Groups of one communicator are taken to lie alike.
struct Placement {
  int ranks = 1;        ///< of a group
  int nodes = 1;        ///< that a group lies on
  int per_node = 1;     ///< most ranks of a group in one node
  int sharing = 1;      ///< groups with ranks in one node that they also leave
  bool regular = true;  ///< every node that a group lies on holds as many of its ranks, for every group; otherwise `sharing` says nothing
};

/// O(1) where the placement is regular, otherwise by the ranks of the first group.
Placement place(const Communicator& communicator, const Platform& platform);

}  // namespace forerun
