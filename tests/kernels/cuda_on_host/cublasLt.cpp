#include "cublasLt.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "elements.hpp"
#include "refusals.hpp"

using cuda_on_host::Element;

struct cublasLtContext {};
struct cublasLtMatmulDescOpaque_t {
  cublasComputeType_t compute;
  cudaDataType_t scale;
  cublasOperation_t a = CUBLAS_OP_N;
  cublasOperation_t b = CUBLAS_OP_N;
  cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  void* bias = nullptr;
};
struct cublasLtMatrixLayoutOpaque_t {
  cudaDataType_t type;
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t leading;
};
struct cublasLtMatmulPreferenceOpaque_t {
  std::size_t workspace = 0;
  std::uint32_t reduction = 7;
  std::array<std::uint32_t, 4> alignments{256, 256, 256, 256};
};

namespace {

constexpr std::size_t kWorkspace = 1024;           // of a kernel that divides sums
constexpr std::uint32_t kVector = 16;              // bytes that a fast kernel loads at once
constexpr std::uintptr_t kVectorOfAnEpilogue = 8;  // what an epilogue's vector must be aligned to

/// What a kernel is chosen for, as an algorithm holds it.
struct Chosen {
  std::int64_t rows, columns, inner;
  std::uint32_t alignment;
  std::uint32_t epilogue;
  std::uint64_t workspace;
  std::uint32_t operations;
  std::uint32_t types;
  std::uint64_t unused[2];
};
static_assert(sizeof(Chosen) == sizeof(cublasLtMatmulAlgo_t));

Element element(cudaDataType_t type) { return type == CUDA_R_32F ? Element::float32 : Element::bf16; }

template <class T>
cublasStatus_t set(T& to, const void* value, std::size_t bytes) {
  if (value == nullptr || bytes != sizeof(T)) return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(&to, value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}

bool fit(const cublasLtMatmulDescOpaque_t& o, const cublasLtMatrixLayoutOpaque_t& a, const cublasLtMatrixLayoutOpaque_t& b,
         const cublasLtMatrixLayoutOpaque_t& c, const cublasLtMatrixLayoutOpaque_t& d) {
  for (const auto* layout : {&a, &b, &c, &d})
    if (layout->rows < 1 || layout->columns < 1 || layout->leading < layout->rows) return false;
  const bool at = o.a == CUBLAS_OP_T, bt = o.b == CUBLAS_OP_T;
  return (at ? a.columns : a.rows) == d.rows && (bt ? b.rows : b.columns) == d.columns &&
         (at ? a.rows : a.columns) == (bt ? b.columns : b.rows) && c.rows == d.rows && c.columns == d.columns;
}

bool has_types(const cublasLtMatmulDescOpaque_t& o, cudaDataType_t a, cudaDataType_t b, cudaDataType_t c, cudaDataType_t d) {
  return o.scale == CUDA_R_32F && a == b && c == d && (a == CUDA_R_16BF || d == CUDA_R_32F);
}

Chosen wanted(const cublasLtMatmulDescOpaque_t& o, const cublasLtMatrixLayoutOpaque_t& a, const cublasLtMatrixLayoutOpaque_t& d) {
  Chosen chosen{};
  chosen.rows = d.rows, chosen.columns = d.columns, chosen.inner = o.a == CUBLAS_OP_T ? a.rows : a.columns;
  chosen.epilogue = static_cast<std::uint32_t>(o.epilogue);
  chosen.operations = (o.a == CUBLAS_OP_T ? 1U : 0U) | (o.b == CUBLAS_OP_T ? 2U : 0U);
  chosen.types = static_cast<std::uint32_t>(a.type) | static_cast<std::uint32_t>(d.type) << 8U;
  return chosen;
}

bool same(Chosen a, Chosen b) {
  a.alignment = b.alignment, a.workspace = b.workspace;
  return std::memcmp(&a, &b, sizeof a) == 0;
}

}  // namespace

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  *handle = new cublasLtContext;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* operation, cublasComputeType_t compute, cudaDataType_t scale) {
  *operation = new cublasLtMatmulDescOpaque_t{.compute = compute, .scale = scale};
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t operation) {
  delete operation;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t operation, cublasLtMatmulDescAttributes_t attribute, const void* value,
                                              std::size_t bytes) {
  switch (attribute) {
    case CUBLASLT_MATMUL_DESC_TRANSA: return set(operation->a, value, bytes);
    case CUBLASLT_MATMUL_DESC_TRANSB: return set(operation->b, value, bytes);
    case CUBLASLT_MATMUL_DESC_EPILOGUE: return set(operation->epilogue, value, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER: return set(operation->bias, value, bytes);
  }
  return CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, cudaDataType_t type, std::uint64_t rows, std::uint64_t columns,
                                          std::int64_t leading) {
  *layout = new cublasLtMatrixLayoutOpaque_t{type, static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns), leading};
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  delete layout;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
  *preference = new cublasLtMatmulPreferenceOpaque_t;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  delete preference;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference, cublasLtMatmulPreferenceAttributes_t attribute,
                                                    const void* value, std::size_t bytes) {
  switch (attribute) {
    case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES: return set(preference->workspace, value, bytes);
    case CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK: return set(preference->reduction, value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES: return set(preference->alignments[0], value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES: return set(preference->alignments[1], value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES: return set(preference->alignments[2], value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES: return set(preference->alignments[3], value, bytes);
  }
  return CUBLAS_STATUS_INVALID_VALUE;
}

/// Names a kernel that cannot be, then one that takes vectors where the arrays are said to be aligned for them.
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle, cublasLtMatmulDesc_t operation, cublasLtMatrixLayout_t a,
                                              cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int requested,
                                              cublasLtMatmulHeuristicResult_t results[], int* returned) {
  if (handle == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
  *returned = 0;
  if (requested < 1 || !fit(*operation, *a, *b, *c, *d)) return CUBLAS_STATUS_INVALID_VALUE;
  if (!has_types(*operation, a->type, b->type, c->type, d->type)) return CUBLAS_STATUS_NOT_SUPPORTED;
  const bool fused = operation->epilogue != CUBLASLT_EPILOGUE_DEFAULT;
  if (fused && cuda_on_host::refusals.epilogues) return CUBLAS_STATUS_NOT_SUPPORTED;
  if (fused && reinterpret_cast<std::uintptr_t>(operation->bias) % kVectorOfAnEpilogue != 0) return CUBLAS_STATUS_SUCCESS;
  Chosen chosen = wanted(*operation, *a, *d);
  const bool wide = std::ranges::all_of(preference->alignments, [](std::uint32_t bytes) { return bytes >= kVector; });
  chosen.alignment = wide ? kVector : static_cast<std::uint32_t>(cuda_on_host::bytes_of(element(a->type)));
  chosen.workspace = chosen.inner > 64 && preference->workspace >= kWorkspace ? kWorkspace : 0;
  if (requested > 1) results[(*returned)++] = {{}, 0, CUBLAS_STATUS_NOT_SUPPORTED, 0, {}};
  cublasLtMatmulHeuristicResult_t& result = results[(*returned)++];
  result = {{}, chosen.workspace, CUBLAS_STATUS_SUCCESS, 1, {}};
  std::memcpy(&result.algo, &chosen, sizeof chosen);
  return CUBLAS_STATUS_SUCCESS;
}

namespace {

/// The sums of A's rows or B's columns over the terms of the product's sums, for the gradient of a bias.
void sum_up(const void* factor, const cublasLtMatrixLayoutOpaque_t& layout, bool terms_in_rows, std::int64_t vectors, std::int64_t terms,
            void* to, Element to_type) {
  for (std::int64_t vector = 0; vector < vectors; ++vector) {
    double sum = 0;
    for (std::int64_t term = 0; term < terms; ++term)
      sum +=
          cuda_on_host::get(factor, element(layout.type), terms_in_rows ? vector * layout.leading + term : term * layout.leading + vector);
    cuda_on_host::put(to, to_type, vector, sum);
  }
}

}  // namespace

cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t o, const void* alpha, const void* a, cublasLtMatrixLayout_t la,
                              const void* b, cublasLtMatrixLayout_t lb, const void* beta, const void* c, cublasLtMatrixLayout_t lc, void* d,
                              cublasLtMatrixLayout_t ld, const cublasLtMatmulAlgo_t* algorithm, void* workspace,
                              std::size_t workspace_bytes, cudaStream_t) {
  if (handle == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (algorithm == nullptr || !fit(*o, *la, *lb, *lc, *ld)) return CUBLAS_STATUS_INVALID_VALUE;
  if (!has_types(*o, la->type, lb->type, lc->type, ld->type)) return CUBLAS_STATUS_NOT_SUPPORTED;
  Chosen chosen{};
  std::memcpy(&chosen, algorithm, sizeof chosen);
  if (!same(chosen, wanted(*o, *la, *ld)) || workspace_bytes < chosen.workspace) return CUBLAS_STATUS_INVALID_VALUE;
  for (const void* array : {a, b, c, static_cast<const void*>(d)})
    if (array == nullptr || !cuda_on_host::is_aligned(array, chosen.alignment)) return CUBLAS_STATUS_INVALID_VALUE;
  const bool fused = o->epilogue != CUBLASLT_EPILOGUE_DEFAULT;
  if (fused && (o->bias == nullptr || !cuda_on_host::is_aligned(o->bias, kVectorOfAnEpilogue))) return CUBLAS_STATUS_INVALID_VALUE;
  if (chosen.workspace > 0 && (workspace == nullptr || !cuda_on_host::is_aligned(workspace, 256))) return CUBLAS_STATUS_INVALID_VALUE;
  if (chosen.workspace > 0) std::memset(workspace, 0xff, chosen.workspace);
  if (fused && cuda_on_host::refusals.running_epilogues) return CUBLAS_STATUS_NOT_SUPPORTED;
  if (fused) ++cuda_on_host::calls.products_with_epilogues;
  const double scale = *static_cast<const float*>(alpha), keep = *static_cast<const float*>(beta);
  const bool at = o->a == CUBLAS_OP_T, bt = o->b == CUBLAS_OP_T;
  const Element from = element(la->type), to = element(ld->type);
  for (std::int64_t j = 0; j < ld->columns; ++j)
    for (std::int64_t i = 0; i < ld->rows; ++i) {
      double sum = 0;
      for (std::int64_t p = 0; p < chosen.inner; ++p)
        sum += cuda_on_host::get(a, from, at ? i * la->leading + p : p * la->leading + i) *
               cuda_on_host::get(b, from, bt ? p * lb->leading + j : j * lb->leading + p);
      double value = scale * sum + (keep == 0 ? 0.0 : keep * cuda_on_host::get(c, to, j * lc->leading + i));  // 0: C is not read
      if (o->epilogue == CUBLASLT_EPILOGUE_BIAS) value += cuda_on_host::get(o->bias, to, i);
      cuda_on_host::put(d, to, j * ld->leading + i, value);
    }
  if (o->epilogue == CUBLASLT_EPILOGUE_BGRADB) sum_up(b, *lb, !bt, ld->columns, chosen.inner, o->bias, to);
  return CUBLAS_STATUS_SUCCESS;
}
