#pragma once

#include <string>
#include <string_view>

#include "core/units.hpp"

namespace forerun {

/// Where samples lie, or where checkpoints go.
struct Storage {
  enum class Kind {
    local_disk,    ///< each node's own
    network_disk,  ///< each node's own volume, reached over a path of its own beside the node's network cards
    file_system,   ///< one for all nodes, which reach it through their links into the network
    object_store   ///< the same over connections
  };

  /// One direction. Zero of the first three: not limited by it.
  struct Access {
    BytesPerSecond bandwidth;     ///< of a node's disk; of a file system all that it serves
    double requests_per_s = 0;    ///< IOPS, of the same
    BytesPerSecond a_connection;  ///< the most that one connection (a reader, a writer) carries
    Seconds latency;              ///< from opening a file or object to its first byte

    friend bool operator==(const Access&, const Access&) = default;
  };

  std::string name;
  Kind kind = Kind::local_disk;
  Access read;
  Access write;
  bool one_budget = false;  ///< what reads take of a disk is lost to writes
  Bytes request;            ///< the most that one request carries; zero: a file is one request
  Bytes size;               ///< where its speed was reckoned from that; zero: it does not depend on it

  /// Each node has one, and reaches it without the network.
  [[nodiscard]] constexpr bool is_own() const { return kind == Kind::local_disk || kind == Kind::network_disk; }
  friend bool operator==(const Storage&, const Storage&) = default;
};
std::string_view to_string(Storage::Kind kind);

}  // namespace forerun
