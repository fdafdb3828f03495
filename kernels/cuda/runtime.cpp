#include "kernels/cuda/runtime.hpp"

#include <string>
#include <utility>

#include "core/error.hpp"

namespace forerun::cuda {

int device_count() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}

void require_device(int number) {
  const int there = device_count();
  if (there == 0) throw MissingCapability("no CUDA device is present: nvidia-smi says whether the driver sees one");
  if (number >= there) throw MissingCapability("each rank needs a CUDA device of its own, and this machine has " + std::to_string(there));
}

int device_attribute(cudaDeviceAttr which) {
  int device = 0, value = 0;
  check(cudaGetDevice(&device), "cudaGetDevice");
  check(cudaDeviceGetAttribute(&value, which, device), "cudaDeviceGetAttribute");
  return value;
}

DeviceMemory::DeviceMemory(std::size_t bytes) : bytes_(bytes) {
  if (bytes > 0) check(cudaMalloc(&data_, bytes), (std::to_string(bytes) + " bytes of the GPU's memory").c_str());
}

DeviceMemory::~DeviceMemory() { cudaFree(data_); }

DeviceMemory::DeviceMemory(DeviceMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

DeviceMemory& DeviceMemory::operator=(DeviceMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Context::Context(int device) {
  check(cudaSetDevice(device), "cudaSetDevice");
  check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreate");
  try {
    check(cublasLtCreate(&blas_lt_), "cublasLtCreate");
  } catch (...) {
    cudaStreamDestroy(stream_);
    throw;
  }
}

cudnnHandle_t Context::dnn() {
  if (dnn_ != nullptr) return dnn_;
  check(cudnnCreate(&dnn_), "cudnnCreate");
  check(cudnnSetStream(dnn_, stream_), "cudnnSetStream");
  return dnn_;
}

Context::~Context() {
  if (dnn_ != nullptr) cudnnDestroy(dnn_);
  cublasLtDestroy(blas_lt_);
  cudaStreamDestroy(stream_);
}

void* Context::scratch(std::size_t bytes) {
  if (scratch_.bytes() < bytes) {
    finish();  // an operator that still runs may use what there is
    scratch_ = {};
    scratch_ = DeviceMemory(bytes);
  }
  return scratch_.data();
}

void Context::finish() const { check(cudaStreamSynchronize(stream_), "a kernel of the GPU"); }

}  // namespace forerun::cuda
