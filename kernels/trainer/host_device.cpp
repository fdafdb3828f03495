#include "kernels/trainer/host_device.hpp"

#include <cassert>
#include <cstring>
#include <new>

#include "kernels/trainer/array.hpp"

namespace forerun {

namespace {

constexpr std::align_val_t kAlignment{AlignedArray<float>::kAlignment};

/// The host's operators are of float32 alone.
void require_float32([[maybe_unused]] Precision precision) { assert(precision == Precision::fp32); }

}  // namespace

/// Zeros are written, and pages thereby touched, so that no timed step meets a page fault.
void* HostDevice::allocate(std::size_t bytes) {
  void* memory = ::operator new(bytes, kAlignment);
  std::memset(memory, 0, bytes);
  return memory;
}

void HostDevice::release(void* memory) noexcept { ::operator delete(memory, kAlignment); }

void HostDevice::copy(const void* from, std::size_t bytes, void* to) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}

void HostDevice::add(Precision precision, const void* from, std::int64_t elements, void* to) {
  require_float32(precision);
  cpu::add_gradient(static_cast<const float*>(from), elements, static_cast<float*>(to));
}

void HostDevice::scale(Precision precision, float factor, std::int64_t elements, void* values) {
  require_float32(precision);
  for (std::int64_t i = 0; i < elements; ++i) static_cast<float*>(values)[i] *= factor;
}

void HostDevice::round(Precision precision, const float* from, std::int64_t elements, void* to) {
  require_float32(precision);
  copy(from, static_cast<std::size_t>(elements) * sizeof(float), to);
}

bool HostDevice::offers(const Kernel& kernel) const { return cpu::offers(cpu::library_of(kernel, kernels_), kernel); }

std::unique_ptr<Operator> HostDevice::make_operator(const Kernel& kernel, const OperatorOptions& options) {
  return cpu::make_operator(kernel, cpu::library_of(kernel, kernels_), options);
}

std::unique_ptr<Operator> HostDevice::make_update(std::int64_t count, Optimizer optimizer, const UpdateRule& rule) {
  return cpu::make_update(count, optimizer, rule);
}

}  // namespace forerun
