#pragma once

#include <string>

#include "strategies/local_model.hpp"

namespace forerun {

/// Spreads experts over `degree` ranks of the data axis: each has its share of them, and computes their tokens of all these ranks, which is
/// as many tokens as before where routing is balanced. Tokens travel to their experts and back in an all-to-all each, forward and backward
/// [Lepikhin et al. 2020, "GShard", sec. 3.2].
/// Neglects imbalance, and tokens that are dropped.
/// Returns why the network cannot be split so, or nothing.
std::string split_over_experts(LocalModel& model, int degree);

}  // namespace forerun
