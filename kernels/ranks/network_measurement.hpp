#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "kernels/ranks/launch.hpp"

namespace forerun {

/// What is measured between ranks, and where what is finished is kept meanwhile.
struct NetworkMeasurement {
  std::vector<NetworkEntry> entries;
  Seconds time_a_size = Seconds(0.3);
  int ranks = 2;
  std::filesystem::path journal;
  std::string host;  ///< a journal of another is started anew
};

/// Starts ranks to measure the entries, but those that a journal of the same holds; where it holds all, none is started. One sample an
/// entry, in their order. Throws as measure_network(), and BadInput where the journal cannot be written.
std::vector<CollectiveSample> measure_network_on(const NetworkMeasurement& wanted, const RanksPaths& paths,
                                                 const ProgressCallback& progress);

}  // namespace forerun
