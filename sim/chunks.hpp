#pragma once

#include <vector>

#include "costs/transfer_time.hpp"

namespace forerun::sim {

/// What a phase of a transfer consists of in one group, message by message: streams, whose messages follow one another.
struct Chunks {
  /// When message k = 0, 1, ... of a stream starts.
  enum class Order {
    at_once,
    in_steps,  ///< once message k - 1 has arrived, its own and that of each stream that feeds it: a step sends on what the last one brought
    pipelined,  ///< once its own k - 1 has been sent and message k of each that feeds it comes in; it ends no earlier than those do
  };
  struct Stream {
    int from = 0;
    int to = 0;
    Bytes bytes;                ///< of a message
    std::vector<int> fed_by{};  ///< streams that bring what this one sends on
    std::vector<int> feeds{};
    std::vector<int> receivers{};  ///< of an all-to-all, by message; itself where it sends nothing: that takes a latency, too
  };

  Order order = Order::at_once;
  int count = 1;    ///< messages of a stream
  Seconds latency;  ///< of a message
  std::vector<Stream> streams{};
};

/// The messages of one group.
///   rings                      an edge's bytes in as many messages as follow one another
///   chain, trees               32 pieces an edge, of half the bytes for each tree; a rank sends a piece on while it comes in
///   all-to-all                 one to each other member, the next one first, between nodes and inside them at the same time; to as many
///                              at once as NCCL serves: 16 in nodes of PCIe, 128 in those of NVLink
///   others, sends and shifts   one an edge
/// A message has the phase's latency over the messages that follow one another in it.
Chunks chunks_of(const PlayedPhase& played, const Communicator& communicator, int group, const Platform& platform);

}  // namespace forerun::sim
