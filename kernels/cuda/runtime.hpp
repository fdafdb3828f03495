#pragma once

#include <cublasLt.h>
#include <cublas_v2.h>
#include <cudnn.h>

#include <cstddef>
#include <utility>

#include "kernels/cuda/common/check.hpp"

namespace forerun::cuda {

/// Devices that can run kernels; zero also where there is no driver.
int device_count();

/// MissingCapability where this machine has no GPU of that number.
void require_device(int number);

/// Of the device that the calling thread has chosen.
int device_attribute(cudaDeviceAttr which);

/// Bytes of device memory; what is in them is not said. Throws std::runtime_error where there are not as many.
class DeviceMemory {
 public:
  DeviceMemory() = default;
  explicit DeviceMemory(std::size_t bytes);
  ~DeviceMemory();
  DeviceMemory(DeviceMemory&& other) noexcept;
  DeviceMemory& operator=(DeviceMemory&& other) noexcept;

  [[nodiscard]] void* data() const { return data_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Whose cudaFree() is then the caller's.
  [[nodiscard]] void* release() { return std::exchange(data_, nullptr); }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

/// A stream of one GPU and what operators share on it: library handles and scratch memory. The operators of one context run one after
/// another; one thread uses it at a time.
class Context {
 public:
  explicit Context(int device = 0);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  [[nodiscard]] cudaStream_t stream() const { return stream_; }
  [[nodiscard]] cublasLtHandle_t blas_lt() const { return blas_lt_; }
  /// A cuDNN handle that launches on the stream; made when first asked for, since it takes memory of the GPU.
  [[nodiscard]] cudnnHandle_t dnn();
  /// Scratch memory of at least so many bytes, which the next operator may write over. Asked for when an operator is prepared and again
  /// when it runs, because others may have made it larger.
  void* scratch(std::size_t bytes);
  /// Waits for all that was launched. Throws what a kernel died of.
  void finish() const;

 private:
  cudaStream_t stream_ = nullptr;
  cublasLtHandle_t blas_lt_ = nullptr;
  cudnnHandle_t dnn_ = nullptr;
  DeviceMemory scratch_;
};

}  // namespace forerun::cuda
