#include "cublas_v2.h"

struct cublasContext {};

const char* cublasGetStatusString(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_SUCCESS: return "the operation completed successfully";
    case CUBLAS_STATUS_NOT_INITIALIZED: return "the library was not initialized";
    case CUBLAS_STATUS_INVALID_VALUE: return "an unsupported value or parameter was passed to the function";
    case CUBLAS_STATUS_NOT_SUPPORTED: return "the requested functionality is not supported";
  }
  return "unknown status";
}

cublasStatus_t cublasCreate(cublasHandle_t* handle) {
  *handle = new cublasContext;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy(cublasHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetStream(cublasHandle_t, cudaStream_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasSetMathMode(cublasHandle_t, cublasMath_t) { return CUBLAS_STATUS_SUCCESS; }

cublasStatus_t cublasSgemm(cublasHandle_t, cublasOperation_t operation_a, cublasOperation_t operation_b, int m, int n, int k,
                           const float* alpha, const float* a, int lda, const float* b, int ldb, const float* beta, float* c, int ldc) {
  const bool at = operation_a == CUBLAS_OP_T, bt = operation_b == CUBLAS_OP_T;
  if (m < 0 || n < 0 || k < 0 || lda < (at ? k : m) || ldb < (bt ? n : k) || ldc < m) return CUBLAS_STATUS_INVALID_VALUE;
  const auto at_index = [](int row, int column, int leading) { return static_cast<std::int64_t>(column) * leading + row; };
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < m; ++i) {
      double sum = 0;
      for (int p = 0; p < k; ++p)
        sum += static_cast<double>(a[at ? at_index(p, i, lda) : at_index(i, p, lda)]) * b[bt ? at_index(j, p, ldb) : at_index(p, j, ldb)];
      float& to = c[at_index(i, j, ldc)];
      to = static_cast<float>(*alpha * sum + (*beta == 0 ? 0.0 : static_cast<double>(*beta) * to));  // beta 0: C is not read
    }
  return CUBLAS_STATUS_SUCCESS;
}
