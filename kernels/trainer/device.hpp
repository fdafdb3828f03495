#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "core/calibration.hpp"
#include "core/units.hpp"
#include "kernels/operator.hpp"
#include "kernels/trainer/shard.hpp"

namespace forerun {

/// Moments in the order of what a device does, where that is not the order in which it is told to: a GPU runs behind the thread that
/// launches its kernels.
class Timeline {
 public:
  Timeline() = default;
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;
  virtual ~Timeline() = default;

  /// When all that was launched so far will be done. Marks are numbered from zero, anew after clear().
  virtual std::size_t mark() = 0;
  /// Of two marks that the device has passed: Device::finish() was called after them.
  [[nodiscard]] virtual Seconds between(std::size_t begin, std::size_t end) = 0;
  virtual void clear() = 0;
};

/// Where a network's arrays lie and its operators run: the cores of this host, or a GPU. What is asked of it is done in the order in which
/// it is asked; one thread asks. Arrays are the device's own, and nobody else may follow a pointer to them, unless it is the host.
class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  virtual ~Device() = default;

  /// Whether arrays lie in the host's memory and all is done when a call returns.
  [[nodiscard]] virtual bool is_host() const = 0;

  /// Zeroed, and aligned to cache lines. Throws std::bad_alloc or std::runtime_error where there is no room.
  [[nodiscard]] virtual void* allocate(std::size_t bytes) = 0;
  /// Of what allocate() gave.
  virtual void release(void* memory) noexcept = 0;

  /// From the host's memory, which may change once the call has returned, and back, which waits until it is there.
  virtual void upload(const void* host, std::size_t bytes, void* to) = 0;
  virtual void download(const void* from, std::size_t bytes, void* host) = 0;
  /// Within the device's memory.
  virtual void copy(const void* from, std::size_t bytes, void* to) = 0;

  /// As take() and put() of float32.
  virtual void take_slice(const float* matrix, const Slice& slice, float* own) = 0;
  virtual void put_slice(const float* own, const Slice& slice, float* matrix) = 0;

  /// to += from and values *= factor, of elements of that precision; and float32 rounded to it. HostDevice has float32 alone.
  virtual void add(Precision precision, const void* from, std::int64_t elements, void* to) = 0;
  virtual void scale(Precision precision, float factor, std::int64_t elements, void* values) = 0;
  virtual void round(Precision precision, const float* from, std::int64_t elements, void* to) = 0;

  /// Whether make_operator() has the kernel.
  [[nodiscard]] virtual bool offers(const Kernel& kernel) const = 0;
  /// Throws MissingCapability where there is no such kernel.
  [[nodiscard]] virtual std::unique_ptr<Operator> make_operator(const Kernel& kernel, const OperatorOptions& options) = 0;
  /// Of so many parameters that lie together, in the arrays of one layer or of several: an optimizer that offers() has for any layer.
  [[nodiscard]] virtual std::unique_ptr<Operator> make_update(std::int64_t count, Optimizer optimizer, const UpdateRule& rule) = 0;
  /// Whether one update of all parameters pays, rather than one a layer: where each is a launch.
  [[nodiscard]] virtual bool updates_at_once() const { return false; }

  /// Returns once all is done. Throws std::runtime_error in the words of the device where a kernel failed.
  virtual void finish() = 0;
  /// Null where the host's clock tells when an operation is done.
  [[nodiscard]] virtual Timeline* timeline() { return nullptr; }
};

/// Room for so many elements, counted in floats: two elements of 16 bits share one.
std::size_t floats_of(Precision precision, std::int64_t elements);
/// The element behind so many others of a precision.
const float* offset_by(const float* values, std::int64_t elements, Precision precision);
float* offset_by(float* values, std::int64_t elements, Precision precision);

/// A fixed array of numbers on a device that outlives it, zeroed.
template <class T>
class DeviceArray {
 public:
  DeviceArray() = default;
  DeviceArray(Device& device, std::size_t size)
      : data_(size == 0 ? nullptr : static_cast<T*>(device.allocate(size * sizeof(T))), Release{&device}), size_(size) {}

  [[nodiscard]] T* data() { return data_.get(); }
  [[nodiscard]] const T* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::span<T> span() { return {data_.get(), size_}; }

 private:
  struct Release {
    Device* device = nullptr;
    void operator()(T* data) const { device->release(data); }
  };
  std::unique_ptr<T, Release> data_;
  std::size_t size_ = 0;
};

}  // namespace forerun
