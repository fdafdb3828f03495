#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/infeasible.hpp"
#include "core/memory.hpp"
#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "strategies/layout.hpp"
#include "strategies/local_model.hpp"
#include "strategies/step_writer.hpp"

namespace forerun {

/// The plan of one training step. The only place that knows what a strategy means.
/// Infeasible: more ranks than devices, a batch that does not divide by the degree of data or into micro-batches, a schedule that these do
/// not fit, axes whose product nobody defined, a network that cannot be split or cut so, more memory than a device has.
/// MissingCapability: an order of placement, or zero=3 with pipeline or expert, that is not modelled yet.
std::variant<StepPlan, Infeasible> lower(const Scenario& scenario);

/// The second half of lower(): the plan of a step whose layers are split and cut into the chunks of a pipeline (in virtual-stage order; one
/// without). No memory is too large for it.
StepPlan write_step(const Scenario& scenario, const Layout& layout, const LocalModel& model, const std::vector<LayerRange>& chunks,
                    const StepMemory& memory);

/// A plan that lower() has made of the scenario, with a checkpoint after so many of its steps (strategies/checkpoint.hpp).
/// MissingCapability: experts that are spread over ranks.
StepPlan lower_checkpoint(const Scenario& scenario, const StepPlan& plan, std::int64_t steps);

}  // namespace forerun
