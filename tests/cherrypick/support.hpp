#pragma once

#include <cmath>

#include "cherrypick/search.hpp"

namespace forerun::cherrypick {

/// A row of so many clusters of one machine; the feature is the logarithm of the size, scaled.
inline Catalogue row_of_clusters(int count) {
  Catalogue catalogue;
  for (int nodes = 1; nodes <= count; ++nodes)
    catalogue.push_back({.name = std::to_string(nodes),
                         .rate = DollarsPerSecond(nodes / 3600.0),
                         .features = {count == 1 ? 0 : std::log(nodes) / std::log(count)},
                         .memory = 4.0 * nodes});
  return catalogue;
}

/// Amdahl's law with a cost of talking: 100 s apart, 3000 s shared out, 2 s for each node more.
inline Result amdahl(int nodes) { return {Outcome::ok, Seconds(100 + 3000.0 / nodes + 2.0 * nodes)}; }

/// Runs a search to its end or for so many runs; the ids in order.
template <class Run>
std::vector<int> play(Search& search, int runs, Run&& run) {
  std::vector<int> ids;
  for (int i = 0; i < runs; ++i) {
    const std::vector<int> asked = search.ask();
    if (asked.empty()) break;
    ids.push_back(asked.front());
    search.tell(asked.front(), run(asked.front()));
  }
  return ids;
}

}  // namespace forerun::cherrypick
