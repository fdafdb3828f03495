#include "kernels/cuda/runtime.hpp"

namespace forerun::cuda {

int device_count() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}

Blas::Blas() {
  check(cublasCreate(&handle_), "cublasCreate");
  if (const cublasStatus_t status = cublasSetMathMode(handle_, CUBLAS_PEDANTIC_MATH); status != CUBLAS_STATUS_SUCCESS) {
    cublasDestroy(handle_);
    check(status, "cublasSetMathMode");
  }
}

Blas::~Blas() { cublasDestroy(handle_); }

cublasHandle_t Blas::on(cudaStream_t stream) {
  check(cublasSetStream(handle_, stream), "cublasSetStream");
  return handle_;
}

DeviceArray::DeviceArray(std::size_t size) {
  void* memory = nullptr;
  check(cudaMalloc(&memory, size * sizeof(float)), "cudaMalloc");
  data_ = static_cast<float*>(memory);
}

DeviceArray::~DeviceArray() { cudaFree(data_); }

void DeviceArray::upload(std::span<const float> values) {
  check(cudaMemcpy(data_, values.data(), values.size_bytes(), cudaMemcpyHostToDevice), "cudaMemcpy to the device");
}

void DeviceArray::download(std::span<float> values) const {
  check(cudaMemcpy(values.data(), data_, values.size_bytes(), cudaMemcpyDeviceToHost), "cudaMemcpy from the device");
}

}  // namespace forerun::cuda
