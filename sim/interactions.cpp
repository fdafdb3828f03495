#include "sim/interactions.hpp"

#include "io/format.hpp"

namespace forerun::sim {

std::vector<std::string> interactions(const Scenario& scenario) {
  std::vector<std::string> list;
  if (const OverlapSlowdown& overlap = scenario.calibration->overlap; overlap.factor > 1)
    list.push_back(
        forerun::format("compute goes on {:.4g} times slower while a transfer of its rank runs ({})", overlap.factor, overlap.source));
  return list;
}

}  // namespace forerun::sim
