#pragma once

#include <string_view>

#include "io/text.hpp"
#include "validation/score.hpp"

namespace forerun {

enum class Engine { oracle, sim };
std::string_view to_string(Engine engine);
/// BadInput for an unknown name.
Engine parse_engine(const Text& text);

Predictor predictor(Engine engine);

}  // namespace forerun
