#pragma once

#include <string>

#include "io/json.hpp"
#include "validation/validation.hpp"

/// What a validation fitted before it scored.
namespace forerun {

/// A line for each compute scale, and a table of fitted properties with P10 and P90; empty where nothing was fitted.
std::string fitted_text(const Validation& validation);

/// `engine, key, value, runs` of each figure; of a property also `group` (null: of all groups), `standing`, `p10`, `p90`, `why`.
Json fitted_json(const Validation& validation);

}  // namespace forerun
