#pragma once

#include "cli/output.hpp"
#include "cli/whatif_figures.hpp"

namespace forerun {

/// The rows side by side with the baseline, what was left out and why, the best within the deadline, and what all of it rests on; of one
/// variant its differences term by term. `today` is an ISO 8601 date, from which prices are old.
Page whatif_page(const WhatIf& whatif, const std::string& today);

/// Time against cost of all rows, without prices nothing.
std::string whatif_plot(const WhatIf& whatif);

}  // namespace forerun
