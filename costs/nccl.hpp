#pragma once

#include <array>
#include <string>
#include <vector>

#include "costs/placement.hpp"
#include "costs/price.hpp"

namespace forerun {

/// The constants of NCCL's own model (costs/nccl.yaml): versioned data. Bandwidths and times in SI; protocols in the order of Protocol.
struct NcclTuning {
  using ByProtocol = std::array<double, 3>;
  using ByNodes = std::array<double, 3>;  ///< one node, two, more

  /// Of one algorithm.
  struct Hops {
    ByProtocol tree_s{};
    ByProtocol ring_s{};
  };
  struct Generation {
    int capability = 0;  ///< the least that it stands for
    ByNodes channel{}, low_latency{}, ring_128{}, tree_128{}, tree{};
    double plateau = 1;
    double overhead_s = 0;
    double switch_rate = 0;  ///< zero: no reducing switch
  };

  std::string version;
  Hops base, nvlink, pcie, network;
  double switch_s = 0;
  ByProtocol ring_share{};
  double tree_share = 1;
  double tree_low_latency_share = 1;
  std::array<double, 2> tree_128_share{};
  std::array<std::array<double, 23>, 3> tree_correction{};
  std::vector<Generation> generations;  ///< by capability

  [[nodiscard]] const Generation& generation(int compute_capability) const;
};

/// The shipped constants, read once.
const NcclTuning& nccl_tuning();

/// What NCCL's tuning says of a collective by one algorithm and protocol.
struct NcclPrice {
  Seconds latency;
  double expansion = 1;  ///< bytes on the wire for each byte of data, and bandwidth not reached
  bool offered = true;   ///< whether the library has it here
};

/// How a collective by one algorithm uses the links, with bytes as they are.
struct NcclUse {
  BytesPerSecond bus;      ///< the bandwidth that a ring of the group has alone
  BytesPerSecond reached;  ///< by a ring that loads no link less than the algorithm does, in the algorithm's time
  int inside_hops = 0;
  int between_hops = 0;
};

/// p ranks on m nodes:
///   ring   latency = base + (hops - hops between nodes) max(inside, overhead if m > 1) + hops between nodes x network
///          plateau x that for an all-reduce with Simple over several nodes and 64 bytes a channel and rank
///   tree   latency = base + 2 ((p / m - 1) inside + floor(log2 m) network); bandwidth x share, correction by size
///   bandwidth: the protocol's share of the bus, at most what its channels carry of it, and with LL at most what a generation's LL carries,
///   of `reached`, whatever the bus                                              [src/graph/tuning.cc]
/// Ranks alone in their nodes expose the network latency of trees. LL128 needs NVLink and Volta or later.
/// Any other algorithm: the ring's Simple latencies, message by message.
NcclPrice nccl_price(const Collective& collective, const TransferChoice& choice, const Placement& placement, const Platform& platform,
                     const NcclUse& use);

}  // namespace forerun
