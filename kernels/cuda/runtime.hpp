#pragma once

#include <cstddef>
#include <span>

#include "kernels/cuda/check.hpp"

namespace forerun::cuda {

/// Devices that can run kernels; zero also where there is no driver.
int device_count();

/// A cuBLAS handle: float32 products in full precision (no TF32).
class Blas {
 public:
  Blas();
  ~Blas();
  Blas(const Blas&) = delete;
  Blas& operator=(const Blas&) = delete;

  /// The handle, set to launch on `stream`.
  cublasHandle_t on(cudaStream_t stream);

 private:
  cublasHandle_t handle_ = nullptr;
};

/// An array of floats in device memory.
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t size);
  ~DeviceArray();
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  [[nodiscard]] float* data() { return data_; }
  /// Both wait until the copy is done, and for what the default stream still does.
  void upload(std::span<const float> values);
  void download(std::span<float> values) const;

 private:
  float* data_ = nullptr;
};

}  // namespace forerun::cuda
