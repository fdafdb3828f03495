#pragma once

#include <vector>

#include "core/plan.hpp"
#include "core/workload.hpp"
#include "kernels/trainer/device.hpp"
#include "kernels/trainer/shard.hpp"

namespace forerun {

/// The plan, unless the trainer cannot run it with this workload on the device. MissingCapability: weights that are shared otherwise than
/// the trainer shares them, data that it does not make, kernels that the device does not have, and several ranks that would
/// hand one another anything but float32.
const StepPlan& runnable(const Workload& workload, const StepPlan& plan, const std::vector<Shard>& shards, Device& device);

}  // namespace forerun
