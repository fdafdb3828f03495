#pragma once

#include <memory>

#include "kernels/cuda/runtime.hpp"
#include "kernels/trainer/device.hpp"

namespace forerun::cuda {

/// A GPU that a network trains on, with one stream.
class GpuDevice : public Device {
 public:
  /// MissingCapability where there is no such GPU.
  explicit GpuDevice(int number = 0);
  ~GpuDevice() override;

  [[nodiscard]] bool is_host() const override { return false; }
  [[nodiscard]] void* allocate(std::size_t bytes) override;
  void release(void* memory) noexcept override;
  void upload(const void* host, std::size_t bytes, void* to) override;
  void download(const void* from, std::size_t bytes, void* host) override;
  void copy(const void* from, std::size_t bytes, void* to) override;
  void take_slice(const float* matrix, const Slice& slice, float* own) override;
  void put_slice(const float* own, const Slice& slice, float* matrix) override;
  void add(Precision precision, const void* from, std::int64_t elements, void* to) override;
  void scale(Precision precision, float factor, std::int64_t elements, void* values) override;
  void round(Precision precision, const float* from, std::int64_t elements, void* to) override;
  [[nodiscard]] bool offers(const Kernel& kernel) const override;
  [[nodiscard]] std::unique_ptr<Operator> make_operator(const Kernel& kernel, const OperatorOptions& options) override;
  [[nodiscard]] std::unique_ptr<Operator> make_update(std::int64_t count, Optimizer optimizer, const UpdateRule& rule) override;
  [[nodiscard]] bool updates_at_once() const override { return true; }
  void finish() override { context_->finish(); }
  [[nodiscard]] Timeline* timeline() override { return timeline_.get(); }

  [[nodiscard]] const std::shared_ptr<Context>& context() const { return context_; }

 private:
  std::shared_ptr<Context> context_;
  std::unique_ptr<Timeline> timeline_;
};

}  // namespace forerun::cuda
