#pragma once

#include <deque>
#include <string>

#include "core/plan.hpp"
#include "workloads/chakra/chakra.pb.h"

namespace forerun::chakra {

/// The plan without its operations, as a file's metadata has it, with room for all of them. Throws BadAttribute: an attribute that is
/// missing or out of range, groups or classes beyond `ranks`.
StepPlan read_metadata(const wire::GlobalMetadata& metadata, int ranks, std::deque<std::string>& names);

}  // namespace forerun::chakra
