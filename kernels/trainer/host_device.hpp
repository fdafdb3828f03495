#pragma once

#include "kernels/cpu/best_library.hpp"
#include "kernels/trainer/device.hpp"

namespace forerun {

/// The cores that cpu::Threads allows.
class HostDevice : public Device {
 public:
  explicit HostDevice(Kernels kernels) : kernels_(kernels) {}

  [[nodiscard]] bool is_host() const override { return true; }
  [[nodiscard]] void* allocate(std::size_t bytes) override;
  void release(void* memory) noexcept override;
  void upload(const void* host, std::size_t bytes, void* to) override { copy(host, bytes, to); }
  void download(const void* from, std::size_t bytes, void* host) override { copy(from, bytes, host); }
  void copy(const void* from, std::size_t bytes, void* to) override;
  void take_slice(const float* matrix, const Slice& slice, float* own) override { take(matrix, slice, own); }
  void put_slice(const float* own, const Slice& slice, float* matrix) override { put(own, slice, matrix); }
  /// Of float32 alone, as its operators are.
  void add(Precision precision, const void* from, std::int64_t elements, void* to) override;
  void scale(Precision precision, float factor, std::int64_t elements, void* values) override;
  void round(Precision precision, const float* from, std::int64_t elements, void* to) override;
  [[nodiscard]] bool offers(const Kernel& kernel) const override;
  [[nodiscard]] std::unique_ptr<Operator> make_operator(const Kernel& kernel, const OperatorOptions& options) override;
  [[nodiscard]] std::unique_ptr<Operator> make_update(std::int64_t count, Optimizer optimizer, const UpdateRule& rule) override;
  void finish() override {}

 private:
  Kernels kernels_;
};

}  // namespace forerun
