#pragma once

#include <cstdint>

#include "core/scenario.hpp"
#include "strategies/plan_writer.hpp"
#include "strategies/step_writer.hpp"

namespace forerun {

/// Whether the time of moving what lies in the host's memory is known: the optimizer does, and the platform says what its devices' links to
/// the host carry. Otherwise only memory is moved.
bool updates_in_host(const Scenario& scenario);

/// Appends the update of `parameters` of a device in its host's memory as delays on its compute lane   [Ren et al. 2021, ZeRO-Offload]:
///   gradients down   parameters x bytes of a gradient / link
///   update           parameters x the node's ranks / parameters a second of its processors (strategies/offload.yaml)
///   weights up       parameters x bytes of a weight / link
/// Gradients and weights travel in the precision of training; the device waits. Neglects that gradients may leave during the backward pass,
/// and that the update may run on beside the next step.
void write_host_update(const Scenario& scenario, std::int64_t parameters, const StageContext& stage, PlanWriter& writer);

}  // namespace forerun
