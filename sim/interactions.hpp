#pragma once

#include <string>
#include <vector>

#include "core/scenario.hpp"

namespace forerun::sim {

/// Whether compute beside transfers is slowed.
enum class Beside { played, left_out };

/// What the simulator plays beside shared links, as assumptions: compute slowed by transfers, devices that differ, links that are slow for
/// a while. Empty where nothing of it is described.
std::vector<std::string> interactions(const Scenario& scenario, Beside beside = Beside::played);

}  // namespace forerun::sim
