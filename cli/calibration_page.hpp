#pragma once

#include "cli/output.hpp"
#include "core/calibration.hpp"

namespace forerun {

/// What a calibration holds: its origin; its kernel models with samples, base and error, or the figures of its GPU with their sources; what
/// was fitted to measured runs; busy factors and collectives.
Page calibration_page(const Calibration& calibration);

/// `others slow a core by 1.30 during 5.0 % of the time (480 looks)`
std::string spells_text(const SlowSpells& spells);
Json spells_json(const SlowSpells& spells);

}  // namespace forerun
