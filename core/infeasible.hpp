#pragma once

#include <string>

namespace forerun {

/// Why something that was asked for cannot be: a value, not an error.
struct Infeasible {
  std::string reason;
};

}  // namespace forerun
