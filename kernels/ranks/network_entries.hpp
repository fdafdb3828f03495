#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "costs/communication_benchmark.hpp"

namespace forerun {

/// One benchmark of one size over the first so many ranks.
struct NetworkEntry {
  CommunicationBenchmark benchmark = CommunicationBenchmark::all_reduce;
  int ranks = 2;
  std::int64_t bytes = 4;  ///< as CollectiveSample has them

  friend bool operator==(const NetworkEntry&, const NetworkEntry&) = default;
};

/// All benchmarks.
std::vector<CommunicationBenchmark> communication_benchmarks();

/// The benchmarks one after another: a ping-pong between two ranks, the others over the first 2, 3, ... `ranks`; each by size, in powers of
/// four from 4 bytes, and `largest`. What all ranks share out has as many numbers for each, so that small sizes of it fall together; of an
/// incast and a fan-out the messages of all ranks together are no larger than `largest`.
std::vector<NetworkEntry> network_entries(std::span<const CommunicationBenchmark> benchmarks, int ranks, std::int64_t largest);

}  // namespace forerun
