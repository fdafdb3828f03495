#include "kernels/cuda/product.hpp"

#include <algorithm>
#include <bit>
#include <span>

namespace forerun::cuda {

namespace {

constexpr std::size_t kMostWorkspace = std::size_t{32} << 20;  // what NVIDIA recommends for Hopper
constexpr std::uint32_t kMostAlignment = 16;                   // more than vector accesses and tensor copies need nobody asks for
constexpr float kOne = 1, kZero = 0;

std::uint32_t alignment_of(std::uintptr_t address) {
  return address % kMostAlignment == 0 ? kMostAlignment : std::uint32_t{1} << std::countr_zero(address);
}

std::uint32_t alignment_of(const void* address) { return alignment_of(reinterpret_cast<std::uintptr_t>(address)); }

template <class T>
void set(cublasLtMatmulDesc_t operation, cublasLtMatmulDescAttributes_t attribute, const T& value) {
  check(cublasLtMatmulDescSetAttribute(operation, attribute, &value, sizeof value), "cublasLtMatmulDescSetAttribute");
}

template <class T>
void set(cublasLtMatmulPreference_t preference, cublasLtMatmulPreferenceAttributes_t attribute, const T& value) {
  check(cublasLtMatmulPreferenceSetAttribute(preference, attribute, &value, sizeof value), "cublasLtMatmulPreferenceSetAttribute");
}

}  // namespace

Product::Layout Product::layout(cudaDataType_t type, std::int64_t rows, std::int64_t columns) {
  cublasLtMatrixLayout_t created = nullptr;
  check(cublasLtMatrixLayoutCreate(&created, type, static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(columns), rows),
        "cublasLtMatrixLayoutCreate");
  return Layout(created);
}

Product::Operation Product::operation(const ProductShape& shape, cublasLtEpilogue_t epilogue) {
  cublasLtMatmulDesc_t created = nullptr;
  const cublasComputeType_t compute = shape.factors == CUDA_R_32F ? CUBLAS_COMPUTE_32F_PEDANTIC : CUBLAS_COMPUTE_32F;
  check(cublasLtMatmulDescCreate(&created, compute, CUDA_R_32F), "cublasLtMatmulDescCreate");
  Operation operation(created);
  set(created, CUBLASLT_MATMUL_DESC_TRANSA, shape.a);
  set(created, CUBLASLT_MATMUL_DESC_TRANSB, shape.b);
  set(created, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
  return operation;
}

Product::Product(std::shared_ptr<Context> context, const ProductShape& shape)
    : context_(std::move(context)),
      a_(shape.a == CUBLAS_OP_N ? layout(shape.factors, shape.rows, shape.inner) : layout(shape.factors, shape.inner, shape.rows)),
      b_(shape.b == CUBLAS_OP_N ? layout(shape.factors, shape.inner, shape.columns) : layout(shape.factors, shape.columns, shape.inner)),
      d_(layout(shape.result, shape.rows, shape.columns)),
      plain_(operation(shape, CUBLASLT_EPILOGUE_DEFAULT)),
      with_epilogue_(shape.epilogue == CUBLASLT_EPILOGUE_DEFAULT ? nullptr : operation(shape, shape.epilogue)) {
  const std::uint32_t behind = with_epilogue_ ? alignment_of(static_cast<std::uintptr_t>(shape.epilogue_offset)) : kMostAlignment;
  context_->scratch(plan_for({kMostAlignment, kMostAlignment, kMostAlignment, behind}).workspace);
}

Product::Preference Product::preference(const Alignments& alignments) const {
  cublasLtMatmulPreference_t created = nullptr;
  check(cublasLtMatmulPreferenceCreate(&created), "cublasLtMatmulPreferenceCreate");
  Preference preference(created);
  set(created, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kMostWorkspace);
  set(created, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, static_cast<std::uint32_t>(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
  set(created, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignments[0]);
  set(created, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignments[1]);
  set(created, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignments[2]);
  set(created, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignments[2]);
  return preference;
}

bool Product::choose(Plan& plan, cublasLtMatmulDesc_t operation) const {
  if (operation == nullptr) return false;
  const bool fused = operation == with_epilogue_.get();
  // The heuristic tells by the address, which it does not follow, how the vector is aligned.
  if (fused) set(operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, reinterpret_cast<void*>(std::uintptr_t{4096} + plan.alignments[3]));
  std::array<cublasLtMatmulHeuristicResult_t, 4> found{};
  int count = 0;
  const Preference preferred = preference(plan.alignments);
  const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(context_->blas_lt(), operation, a_.get(), b_.get(), d_.get(), d_.get(),
                                                               preferred.get(), static_cast<int>(found.size()), found.data(), &count);
  if (status != CUBLAS_STATUS_SUCCESS) {
    if (!fused) check(status, "cublasLtMatmulAlgoGetHeuristic");
    return false;
  }
  const std::span all(found.data(), static_cast<std::size_t>(count));
  const auto first = std::find_if(all.begin(), all.end(), [](const auto& result) { return result.state == CUBLAS_STATUS_SUCCESS; });
  if (first == all.end()) return false;
  plan.algorithm = first->algo;
  plan.workspace = first->workspaceSize;
  plan.has_epilogue = fused;
  return true;
}

Product::Plan& Product::plan_for(const Alignments& alignments) {
  const auto known = std::find_if(plans_.begin(), plans_.end(), [&](const Plan& plan) { return plan.alignments == alignments; });
  if (known != plans_.end()) return *known;
  Plan plan{.alignments = alignments};
  if (!choose(plan, with_epilogue_.get()) && !choose(plan, plain_.get()))
    check(CUBLAS_STATUS_NOT_SUPPORTED, "cublasLtMatmulAlgoGetHeuristic");
  return plans_.emplace_back(plan);
}

bool Product::run(const void* a, const void* b, void* d, void* epilogue_vector) {
  const std::uint32_t behind = with_epilogue_ ? alignment_of(epilogue_vector) : kMostAlignment;
  Plan& plan = plan_for({alignment_of(a), alignment_of(b), alignment_of(d), behind});
  const auto multiply = [&] {
    cublasLtMatmulDesc_t operation = plan.has_epilogue ? with_epilogue_.get() : plain_.get();
    if (plan.has_epilogue) set(operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, epilogue_vector);
    return cublasLtMatmul(context_->blas_lt(), operation, &kOne, a, a_.get(), b, b_.get(), &kZero, d, d_.get(), d, d_.get(),
                          &plan.algorithm, context_->scratch(plan.workspace), plan.workspace, context_->stream());
  };
  cublasStatus_t status = multiply();
  // What the heuristic named with an epilogue may be refused after all; from then on it is left to others.
  if (status != CUBLAS_STATUS_SUCCESS && plan.has_epilogue && choose(plan, plain_.get())) status = multiply();
  check(status, "cublasLtMatmul");
  return plan.has_epilogue;
}

}  // namespace forerun::cuda
