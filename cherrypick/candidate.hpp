#pragma once

#include <string>
#include <vector>

#include "core/units.hpp"

namespace forerun::cherrypick {

using DollarsPerSecond = Quantity<-1, 0, 0, 1, 0>;

/// A configuration that could be rented. Its index in the catalogue is its id.
struct Candidate {
  std::string name;
  DollarsPerSecond rate;         ///< of the whole configuration: nodes, disks; above zero
  std::vector<double> features;  ///< as the surrogate takes them (cherrypick/features.hpp); as many of each candidate
  double memory = 0;             ///< of the whole configuration, in any unit; zero: unknown
  std::string excluded{};        ///< why it is not to be tried; empty where it may be
};
using Catalogue = std::vector<Candidate>;

}  // namespace forerun::cherrypick
