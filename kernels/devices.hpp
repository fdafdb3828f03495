#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "kernels/trainer/device.hpp"
#include "kernels/trainer/host_device.hpp"
#include "kernels/trainer/rank_group.hpp"

namespace forerun {

/// What a training may run on.
enum class DeviceKind { cpu, cuda };
std::string_view to_string(DeviceKind kind);

/// One line where this build has no such devices, or there are none on this machine; empty where there are.
std::string missing_for_devices(DeviceKind kind);

/// The device of that number. `kernels`: of a CPU. MissingCapability as missing_for_devices(), and where there are not as many GPUs.
std::shared_ptr<Device> make_device(DeviceKind kind, int number, Kernels kernels);

/// The ranks of `host` as those whose arrays lie on a device see them; null where that is the host. `host` must outlive them.
std::unique_ptr<RankGroup> ranks_on(Device& device, RankGroup& host);

}  // namespace forerun
