#pragma once

#include "cli/output.hpp"
#include "validation/validation.hpp"

namespace forerun {

Page validation_page(const Validation& validation);

}  // namespace forerun
