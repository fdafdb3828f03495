#pragma once

#include <string>

#include "core/plan.hpp"

namespace forerun {

/// What is wrong with the pipelines of a plan whose indices are right and whose operations stand in order, or nothing: find_defect()'s
/// part.
std::string pipeline_defect(const StepPlan& plan);

}  // namespace forerun
