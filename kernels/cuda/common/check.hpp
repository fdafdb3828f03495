#pragma once

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

namespace forerun::cuda {

/// Throws std::runtime_error, with CUDA's, cuBLAS's or cuDNN's words for the error, unless it is success. `what` names the call that
/// failed.
void check(cudaError_t error, const char* what);
void check(cublasStatus_t status, const char* what);
void check(cudnnStatus_t status, const char* what);

}  // namespace forerun::cuda
