#pragma once

#include "core/scenario.hpp"
#include "strategies/layout.hpp"
#include "strategies/plan_writer.hpp"

namespace forerun {

/// Where the platform says how fast samples are loaded: each step begins once its samples are there, and those of the next one are loaded
/// meanwhile, so that a step takes max(T, n / rate), n = samples of a step that one process loads. Ranks that share samples (all but those
/// of the data axis) have one process together, as a multi-node iterator of ChainerMN or a tensor group's first rank; its copies to the
/// others are neglected. Only the first stage of a pipeline reads samples.
void write_input(const Scenario& scenario, const Layout& layout, PlanWriter& writer);

}  // namespace forerun
