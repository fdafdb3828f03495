#include "kernels/cuda/microbenchmarks/figures.hpp"

#include "kernels/cuda/microbenchmarks/delay.hpp"
#include "kernels/trainer/clock.hpp"

namespace forerun::cuda {

namespace {

/// `13.0` of 13000.
std::string version_text(int version) { return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10); }

/// Host memory that devices read without help of the system.
class PinnedMemory {
 public:
  explicit PinnedMemory(std::size_t bytes) { check(cudaMallocHost(&data_, bytes), "memory of the host"); }
  ~PinnedMemory() { cudaFreeHost(data_); }
  PinnedMemory(const PinnedMemory&) = delete;
  PinnedMemory& operator=(const PinnedMemory&) = delete;
  [[nodiscard]] const void* data() const { return data_; }

 private:
  void* data_ = nullptr;
};

LaunchTimes time_copies(const Context& context, const void* from, std::size_t bytes, cudaMemcpyKind kind, const LaunchEffort& effort) {
  const DeviceMemory to(bytes);
  return time_launches(
      context, [&] { check(cudaMemcpyAsync(to.data(), from, bytes, kind, context.stream()), "cudaMemcpyAsync"); }, effort);
}

}  // namespace

DeviceFacts device_facts(int device) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
  int driver = 0, runtime = 0;
  check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  check(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
  return {.name = properties.name,
          .memory = Bytes(static_cast<double>(properties.totalGlobalMem)),
          .cache = Bytes(static_cast<double>(properties.l2CacheSize)),
          .compute_capability = 10 * properties.major + properties.minor,
          .driver = version_text(driver),
          .runtime = version_text(runtime)};
}

void wake(const Context& context, Seconds duration) {
  if (duration <= Seconds(0)) return;
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  const DeviceMemory from(kBytes), to(kBytes);
  for (const Seconds start = steady_now(); steady_now() - start < duration; context.finish())
    check(cudaMemcpyAsync(to.data(), from.data(), kBytes, cudaMemcpyDeviceToDevice, context.stream()), "cudaMemcpyAsync");
}

LaunchTimes time_empty_kernels(const Context& context, const LaunchEffort& effort) {
  return time_launches(
      context, [&] { launch_empty(context.stream()); }, effort);
}

LaunchTimes time_device_copy(const Context& context, Bytes bytes, const LaunchEffort& effort) {
  const DeviceMemory from(static_cast<std::size_t>(bytes.value()));
  check(cudaMemsetAsync(from.data(), 1, from.bytes(), context.stream()), "cudaMemsetAsync");
  return time_copies(context, from.data(), from.bytes(), cudaMemcpyDeviceToDevice, effort);
}

LaunchTimes time_upload(const Context& context, Bytes bytes, const LaunchEffort& effort) {
  const auto size = static_cast<std::size_t>(bytes.value());
  const PinnedMemory from(size);
  return time_copies(context, from.data(), size, cudaMemcpyHostToDevice, effort);
}

}  // namespace forerun::cuda
