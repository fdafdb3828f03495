#pragma once

#include <string>

#include "cli/output.hpp"

namespace forerun {

/// Two predictions that `predict --format json` wrote, term by term, with what differs in their scenarios. BadInput: files that cannot be
/// read, or hold no prediction with a time.
Page whatif_diff_page(const std::string& before, const std::string& after);

}  // namespace forerun
