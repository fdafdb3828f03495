#pragma once

#include <string_view>

#include "core/prediction.hpp"
#include "core/scenario.hpp"
#include "io/json.hpp"

namespace forerun {

inline constexpr int kSchemaVersion = 1;

/// A prediction as its JSON document: every key of the schema in its order, null where it does not apply.
/// `strategy` is the strategy's canonical text. Quantities are in SI units, as the keys' endings say.
Json prediction_json(const Prediction& prediction, const Scenario& scenario, std::string_view strategy);

}  // namespace forerun
