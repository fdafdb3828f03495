#include "kernels/devices.hpp"

#include "core/error.hpp"

#ifdef FORERUN_CUDA
#include "kernels/cuda/device.hpp"
#include "kernels/cuda/nccl_group.hpp"
#endif

namespace forerun {

std::string_view to_string(DeviceKind kind) { return kind == DeviceKind::cpu ? "cpu" : "cuda"; }

#ifdef FORERUN_CUDA

std::string missing_for_devices(DeviceKind kind) {
  return kind == DeviceKind::cuda && cuda::device_count() == 0 ? "there is no CUDA device on this machine" : "";
}

std::unique_ptr<RankGroup> ranks_on(Device& device, RankGroup& host) {
  if (device.is_host()) return nullptr;
  return std::make_unique<cuda::NcclGroup>(dynamic_cast<cuda::GpuDevice&>(device).context(), host);
}

namespace {

std::shared_ptr<Device> make_gpu(int number) {
  if (const int there = cuda::device_count(); number >= there)
    throw MissingCapability("each rank needs a GPU of its own, and this machine has " + std::to_string(there));
  return std::make_shared<cuda::GpuDevice>(number);
}

}  // namespace

#else

std::string missing_for_devices(DeviceKind kind) {
  return kind == DeviceKind::cuda ? "this forerun was built without CUDA; build the preset cuda, which needs nvcc, cuDNN and NCCL" : "";
}

std::unique_ptr<RankGroup> ranks_on(Device&, RankGroup&) { return nullptr; }

namespace {

std::shared_ptr<Device> make_gpu(int) { return nullptr; }

}  // namespace

#endif

std::shared_ptr<Device> make_device(DeviceKind kind, int number, Kernels kernels) {
  if (const std::string missing = missing_for_devices(kind); !missing.empty()) throw MissingCapability(missing);
  if (kind == DeviceKind::cpu) return std::make_shared<HostDevice>(kernels);
  return make_gpu(number);
}

}  // namespace forerun
