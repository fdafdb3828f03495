#pragma once

#include <memory>
#include <string_view>

#include "kernels/trainer/device.hpp"
#include "kernels/trainer/host_device.hpp"
#include "kernels/trainer/rank_group.hpp"

namespace forerun {

/// What a training may run on.
enum class DeviceKind { cpu, cuda };
std::string_view to_string(DeviceKind kind);

/// MissingCapability where this build has no such devices, or this machine has none.
void require_devices(DeviceKind kind);

/// The device of that number. `kernels`: of a CPU. MissingCapability as require_devices(), and where there are not as many GPUs.
std::shared_ptr<Device> make_device(DeviceKind kind, int number, Kernels kernels);

/// The ranks of `host` as those whose arrays lie on a device see them; null where that is the host. `host` must outlive them.
std::unique_ptr<RankGroup> ranks_on(Device& device, RankGroup& host);

}  // namespace forerun
