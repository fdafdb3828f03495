#include "kernels/make_device.hpp"

#include "core/error.hpp"

#ifdef FORERUN_CUDA
#include "kernels/cuda/device.hpp"
#include "kernels/cuda/nccl_group.hpp"
#endif

namespace forerun {

std::string_view to_string(DeviceKind kind) { return kind == DeviceKind::cpu ? "cpu" : "cuda"; }

#ifdef FORERUN_CUDA

void require_devices(DeviceKind kind) {
  if (kind == DeviceKind::cuda) cuda::require_device(0);
}

std::unique_ptr<RankGroup> ranks_on(Device& device, RankGroup& host) {
  if (device.is_host()) return nullptr;
  return std::make_unique<cuda::NcclGroup>(dynamic_cast<cuda::GpuDevice&>(device).context(), host);
}

namespace {

std::shared_ptr<Device> make_gpu(int number) { return std::make_shared<cuda::GpuDevice>(number); }

}  // namespace

#else

void require_devices(DeviceKind kind) {
  if (kind == DeviceKind::cuda)
    throw MissingCapability(
        "this forerun was built without the CUDA kernels: with the CUDA Toolkit, cmake --preset cuda && cmake --build --preset cuda makes "
        "build/cuda/cli/forerun, which has them");
}

std::unique_ptr<RankGroup> ranks_on(Device&, RankGroup&) { return nullptr; }

namespace {

std::shared_ptr<Device> make_gpu(int) { return nullptr; }

}  // namespace

#endif

std::shared_ptr<Device> make_device(DeviceKind kind, int number, Kernels kernels) {
  require_devices(kind);
  if (kind == DeviceKind::cpu) return std::make_shared<HostDevice>(kernels);
  return make_gpu(number);
}

}  // namespace forerun
