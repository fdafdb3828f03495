#pragma once

#include <cstdint>
#include <string>

#include "core/scenario.hpp"
#include "core/units.hpp"
#include "strategies/layout.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

/// Memory of a device that holds `part` of the network: weights, gradients and optimizer state, each shared out over the data axis as
/// ZeRO's stage says [Rajbhandari et al. 2020, sec. 5], and the activations of `in_flight` micro-batches. forerun's own trainer keeps every
/// activation and the gradient of each; other runtimes keep what autograd saves (saved_activations) and the gradients of the largest layer
/// while it runs.
StepMemory device_memory(const Workload& part, const Scenario& scenario, const Layout& layout, std::int64_t in_flight);

/// Why a step does not fit into a device, or nothing.
std::string memory_shortage(const StepMemory& memory, const Platform& platform);

}  // namespace forerun
