#pragma once

#include <string>

#include "strategies/local_model.hpp"

namespace forerun {

/// Splits sequences over `degree` ranks: every layer has its share of the positions. A query looks at all keys, so attention gathers keys
/// and values before its forward pass and again before its backward pass, and scatters the sums of their gradients after it  [Dubey et al.
/// 2024, "The Llama 3 Herd of Models", sec. 3.3.2]. Ranks have as much of a causal mask's work each (the sequence is cut into 2 x degree
/// parts, of which each takes one from either end). Neglects that rings of sends hide part of the gathering [Liu et al. 2023]. Returns why
/// the network cannot be split so, or nothing.
std::string split_over_context(LocalModel& model, int degree);

}  // namespace forerun
