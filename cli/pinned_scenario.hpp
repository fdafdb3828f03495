#pragma once

#include "cli/scenario.hpp"

namespace forerun {

/// A scenario whose strategy is searched: of its text only what is pinned, with the runtime that such networks are mostly trained with
/// where none is. `pinned` becomes the strategy's text as it was given. BadInput: what the reader refuses, a collective alone or a trace,
/// which have no strategy to look for, and a pinned number of micro-batches.
ReadScenario read_pinned(ScenarioText text, ScenarioReader& reader, Text& pinned);

}  // namespace forerun
