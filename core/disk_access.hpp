#pragma once

#include "core/units.hpp"

namespace forerun {

/// A rank reads samples from the platform's `data` storage, or writes its part of a checkpoint to `checkpoints`. Others do so at the same
/// time: what all of them ask of a node and of the whole storage then is part of the operation, as all groups are of a transfer.
struct DiskAccess {
  enum class Direction { read, write };
  /// What is asked of a storage.
  struct Demand {
    Bytes bytes;
    double requests = 0;

    friend Demand operator*(double times, const Demand& each) { return {times * each.bytes, times * each.requests}; }
    friend bool operator==(const Demand&, const Demand&) = default;
  };
  Direction direction = Direction::read;
  Demand rank;
  Demand node;             ///< by the ranks of the node that asks most
  Demand all;              ///< by all ranks
  double opens = 0;        ///< files that a rank opens one after another on each of its connections
  double connections = 1;  ///< of a rank, at once
  bool ahead = false;      ///< follows the one before it without a pause, so that even its first file opens behind bytes of others
  int communicator = -1;   ///< only the first member of each of its groups has anything to do; -1: each rank of the class has

  friend bool operator==(const DiskAccess&, const DiskAccess&) = default;
};

}  // namespace forerun
