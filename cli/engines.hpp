#pragma once

#include <string_view>

#include "validation/score.hpp"

namespace forerun {

enum class Engine { oracle, sim };
std::string_view to_string(Engine engine);

Predictor predictor(Engine engine);

}  // namespace forerun
