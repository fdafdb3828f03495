#pragma once

#include <string>
#include <vector>

#include "cli/output.hpp"
#include "validation/operations.hpp"

namespace forerun {

/// A measured run's operations held against their prices; without any, `reason` says why.
struct RunOperations {
  std::string run;
  std::vector<ScoredOperation> operations;
  std::string reason;
};

/// Each run's operations, those that are missed by most first, and all runs' by kind.
Page operations_page(const std::vector<RunOperations>& runs);

}  // namespace forerun
