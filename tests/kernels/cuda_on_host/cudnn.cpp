#include "cudnn.h"

#include <bit>
#include <cstring>
#include <initializer_list>
#include <random>
#include <vector>

#include "cudnn_descriptors.hpp"
#include "refusals.hpp"

// Convolutions. What a heuristic names first cannot be, or takes more memory than there is, or gives something else every time.

using cuda_on_host::bytes_of;
using cuda_on_host::convolves;
using cuda_on_host::Element;

namespace {

constexpr std::size_t kWorkspace = 4096;
constexpr std::size_t kHuge = std::size_t{8} << 30;

template <class Found>
void name(std::initializer_list<Found> all, int requested, int* returned, Found* results) {
  *returned = 0;
  for (const Found& found : all)
    if (*returned < requested) results[(*returned)++] = found;
}

template <class Algorithm>
cudnnConvolutionAlgoPerf<Algorithm> found(Algorithm algorithm, cudnnStatus_t status, std::size_t memory, cudnnDeterminism_t determinism,
                                          const cudnnConvolutionStruct& c) {
  return {algorithm, status, 0, memory, determinism, c.math, {}};
}

/// Wrong descriptors are an error of the call; what cuDNN does not have is one of each algorithm.
cudnnStatus_t look_at(const cudnnTensorStruct& x, const cudnnFilterStruct& w, const cudnnConvolutionStruct& c, const cudnnTensorStruct& y,
                      cudnnStatus_t& of_algorithms) {
  const cudnnStatus_t status = convolves(x, w, c, y);
  if (status >= CUDNN_STATUS_BAD_PARAM && status < CUDNN_STATUS_NOT_SUPPORTED) return status;
  of_algorithms = cuda_on_host::refusals.convolutions ? CUDNN_STATUS_NOT_SUPPORTED : status;
  return CUDNN_STATUS_SUCCESS;
}

struct Arrays {
  const cudnnTensorStruct& x;
  const cudnnFilterStruct& w;
  const cudnnConvolutionStruct& c;
  const cudnnTensorStruct& y;
};

cudnnStatus_t can_run(cudnnHandle_t handle, const Arrays& a, std::initializer_list<const void*> arrays, const void* workspace,
                      std::size_t has, std::size_t wants) {
  if (handle == nullptr) return CUDNN_STATUS_NOT_INITIALIZED;
  if (const cudnnStatus_t status = convolves(a.x, a.w, a.c, a.y); status != CUDNN_STATUS_SUCCESS) return status;
  for (const void* array : arrays) {
    if (array == nullptr) return CUDNN_STATUS_BAD_PARAM_NULL_POINTER;
    if (!cuda_on_host::is_aligned(array, 16)) return CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER;
  }
  if (wants > 0 && workspace == nullptr) return CUDNN_STATUS_BAD_PARAM_NULL_POINTER;
  if (has < wants) return CUDNN_STATUS_BAD_PARAM_SIZE_INSUFFICIENT;
  ++cuda_on_host::calls.convolutions;
  return CUDNN_STATUS_SUCCESS;
}

/// A factor as it is multiplied: of float32 ten bits are left of the fraction unless TF32 is forbidden.
double factor(const void* array, Element type, std::int64_t at, cudnnMathType_t math) {
  const double value = cuda_on_host::get(array, type, at);
  if (type == Element::bf16 || math == CUDNN_FMA_MATH) return value;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(static_cast<float>(value)) & 0xffffe000U);
}

/// Calls visit(element of y, element of x, element of w) for each product.
template <class Visit>
void for_each_product(const Arrays& a, Visit visit) {
  const int filters = a.w.k / a.c.groups;
  for (int n = 0; n < a.y.n; ++n)
    for (int r = 0; r < a.y.h; ++r)
      for (int s = 0; s < a.y.w; ++s)
        for (int k = 0; k < a.y.c; ++k)
          for (int i = 0; i < a.w.h; ++i)
            for (int j = 0; j < a.w.w; ++j) {
              const int row = r * a.c.stride_h - a.c.pad_h + i, column = s * a.c.stride_w - a.c.pad_w + j;
              if (row < 0 || row >= a.x.h || column < 0 || column >= a.x.w) continue;
              for (int c = 0; c < a.w.c; ++c)
                visit(((static_cast<std::int64_t>(n) * a.y.h + r) * a.y.w + s) * a.y.c + k,
                      ((static_cast<std::int64_t>(n) * a.x.h + row) * a.x.w + column) * a.x.c + k / filters * a.w.c + c,
                      ((static_cast<std::int64_t>(k) * a.w.h + i) * a.w.w + j) * a.w.c + c);
            }
}

std::int64_t elements(const cudnnTensorStruct& t) { return static_cast<std::int64_t>(t.n) * t.c * t.h * t.w; }
std::int64_t elements(const cudnnFilterStruct& f) { return static_cast<std::int64_t>(f.k) * f.c * f.h * f.w; }

void store(const std::vector<double>& sums, void* to, Element type, const void* alpha, const void* beta) {
  const double scale = *static_cast<const float*>(alpha), keep = *static_cast<const float*>(beta);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    cuda_on_host::put(to, type, at, scale * sums[i] + (keep == 0 ? 0.0 : keep * cuda_on_host::get(to, type, at)));
  }
}

/// Sums as atomic additions leave them.
void disturb(std::vector<double>& sums) {
  static std::mt19937 chance{20222};
  for (double& sum : sums) sum *= 1 + 1e-6 * std::uniform_real_distribution(-1.0, 1.0)(chance);
}

std::size_t workspace_of(cudnnConvolutionFwdAlgo_t algorithm) {
  if (algorithm == CUDNN_CONVOLUTION_FWD_ALGO_FFT) return kHuge;
  return algorithm == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM ? 0 : kWorkspace;
}

cudnnStatus_t forward(cudnnHandle_t handle, const Arrays& a, const void* x, const void* w, void* y, cudnnConvolutionFwdAlgo_t algorithm,
                      void* workspace, std::size_t workspace_bytes, std::vector<double>& sums) {
  const cudnnStatus_t status = can_run(handle, a, {x, w, y}, workspace, workspace_bytes, workspace_of(algorithm));
  if (status != CUDNN_STATUS_SUCCESS) return status;
  if (workspace_bytes > 0) std::memset(workspace, 0xff, workspace_of(algorithm));
  const Element type = cuda_on_host::element(a.x.type);
  sums.resize(static_cast<std::size_t>(elements(a.y)));
  for_each_product(a, [&](std::int64_t to, std::int64_t from, std::int64_t weight) {
    sums[static_cast<std::size_t>(to)] += factor(x, type, from, a.c.math) * factor(w, type, weight, a.c.math);
  });
  return CUDNN_STATUS_SUCCESS;
}

}  // namespace

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(cudnnHandle_t, cudnnTensorDescriptor_t x, cudnnFilterDescriptor_t w,
                                                     cudnnConvolutionDescriptor_t c, cudnnTensorDescriptor_t y, int requested,
                                                     int* returned, cudnnConvolutionFwdAlgoPerf_t* results) {
  if (requested < 1) return CUDNN_STATUS_BAD_PARAM;
  cudnnStatus_t fits = CUDNN_STATUS_SUCCESS;
  if (const cudnnStatus_t status = look_at(*x, *w, *c, *y, fits); status != CUDNN_STATUS_SUCCESS) return status;
  name({found(CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD_NONFUSED, CUDNN_STATUS_NOT_SUPPORTED, 0, CUDNN_DETERMINISTIC, *c),
        found(CUDNN_CONVOLUTION_FWD_ALGO_FFT, fits, kHuge, CUDNN_DETERMINISTIC, *c),
        found(CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM, fits, kWorkspace, CUDNN_DETERMINISTIC, *c),
        found(CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM, fits, 0, CUDNN_DETERMINISTIC, *c)},
       requested, returned, results);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(cudnnHandle_t, cudnnTensorDescriptor_t x, cudnnFilterDescriptor_t w,
                                                      cudnnConvolutionDescriptor_t c, cudnnTensorDescriptor_t y,
                                                      cudnnConvolutionFwdAlgo_t algorithm, std::size_t* bytes) {
  *bytes = workspace_of(algorithm);
  return convolves(*x, *w, *c, *y);
}

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t handle, const void* alpha, cudnnTensorDescriptor_t xd, const void* x,
                                      cudnnFilterDescriptor_t wd, const void* w, cudnnConvolutionDescriptor_t c,
                                      cudnnConvolutionFwdAlgo_t algorithm, void* workspace, std::size_t workspace_bytes, const void* beta,
                                      cudnnTensorDescriptor_t yd, void* y) {
  if (cuda_on_host::refusals.first_algorithms && algorithm == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM)
    return CUDNN_STATUS_NOT_SUPPORTED;
  std::vector<double> sums;
  const cudnnStatus_t status = forward(handle, {*xd, *wd, *c, *yd}, x, w, y, algorithm, workspace, workspace_bytes, sums);
  if (status == CUDNN_STATUS_SUCCESS) store(sums, y, cuda_on_host::element(yd->type), alpha, beta);
  return status;
}

cudnnStatus_t cudnnConvolutionBiasActivationForward(cudnnHandle_t handle, const void* alpha, cudnnTensorDescriptor_t xd, const void* x,
                                                    cudnnFilterDescriptor_t wd, const void* w, cudnnConvolutionDescriptor_t c,
                                                    cudnnConvolutionFwdAlgo_t algorithm, void* workspace, std::size_t workspace_bytes,
                                                    const void* alpha_of_z, cudnnTensorDescriptor_t zd, const void* z,
                                                    cudnnTensorDescriptor_t bd, const void* bias, cudnnActivationDescriptor_t activation,
                                                    cudnnTensorDescriptor_t yd, void* y) {
  if (cuda_on_host::refusals.fused_biases || cuda_on_host::refusals.first_algorithms) return CUDNN_STATUS_NOT_SUPPORTED;
  const bool identity = activation->mode == CUDNN_ACTIVATION_IDENTITY;
  if (!identity || algorithm != CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM) return CUDNN_STATUS_NOT_SUPPORTED;
  if (bd->n != 1 || bd->h != 1 || bd->w != 1 || bd->c != yd->c || zd->c != yd->c) return CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH;
  if (bd->type != yd->type || zd->type != yd->type || *static_cast<const float*>(alpha_of_z) != 0) return CUDNN_STATUS_NOT_SUPPORTED;
  if (z == nullptr || bias == nullptr) return CUDNN_STATUS_BAD_PARAM_NULL_POINTER;
  if (!cuda_on_host::is_aligned(bias, 16)) return CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER;
  std::vector<double> sums;
  const cudnnStatus_t status = forward(handle, {*xd, *wd, *c, *yd}, x, w, y, algorithm, workspace, workspace_bytes, sums);
  if (status != CUDNN_STATUS_SUCCESS) return status;
  const Element type = cuda_on_host::element(yd->type);
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += cuda_on_host::get(bias, type, static_cast<std::int64_t>(i) % yd->c);
  ++cuda_on_host::calls.convolutions_with_biases;
  const float nothing = 0;
  store(sums, y, type, alpha, &nothing);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnnHandle_t, cudnnTensorDescriptor_t x, cudnnTensorDescriptor_t y,
                                                            cudnnConvolutionDescriptor_t c, cudnnFilterDescriptor_t w, int requested,
                                                            int* returned, cudnnConvolutionBwdFilterAlgoPerf_t* results) {
  if (requested < 1) return CUDNN_STATUS_BAD_PARAM;
  cudnnStatus_t fits = CUDNN_STATUS_SUCCESS;
  if (const cudnnStatus_t status = look_at(*x, *w, *c, *y, fits); status != CUDNN_STATUS_SUCCESS) return status;
  name({found(CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0, fits, 0, CUDNN_NON_DETERMINISTIC, *c),
        found(CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1, fits, kWorkspace, CUDNN_DETERMINISTIC, *c)},
       requested, returned, results);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(cudnnHandle_t, cudnnTensorDescriptor_t x, cudnnTensorDescriptor_t y,
                                                             cudnnConvolutionDescriptor_t c, cudnnFilterDescriptor_t w,
                                                             cudnnConvolutionBwdFilterAlgo_t algorithm, std::size_t* bytes) {
  *bytes = algorithm == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1 ? kWorkspace : 0;
  return convolves(*x, *w, *c, *y);
}

cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t handle, const void* alpha, cudnnTensorDescriptor_t xd, const void* x,
                                             cudnnTensorDescriptor_t yd, const void* dy, cudnnConvolutionDescriptor_t c,
                                             cudnnConvolutionBwdFilterAlgo_t algorithm, void* workspace, std::size_t workspace_bytes,
                                             const void* beta, cudnnFilterDescriptor_t wd, void* dw) {
  const Arrays a{*xd, *wd, *c, *yd};
  const std::size_t wants = algorithm == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1 ? kWorkspace : 0;
  const cudnnStatus_t status = can_run(handle, a, {x, dy, dw}, workspace, workspace_bytes, wants);
  if (status != CUDNN_STATUS_SUCCESS) return status;
  if (wants > 0) std::memset(workspace, 0xff, wants);
  const Element type = cuda_on_host::element(xd->type);
  std::vector<double> sums(static_cast<std::size_t>(elements(*wd)));
  for_each_product(a, [&](std::int64_t to, std::int64_t from, std::int64_t weight) {
    sums[static_cast<std::size_t>(weight)] += factor(x, type, from, c->math) * factor(dy, type, to, c->math);
  });
  if (algorithm == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0) disturb(sums);
  store(sums, dw, type, alpha, beta);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(cudnnHandle_t, cudnnFilterDescriptor_t w, cudnnTensorDescriptor_t y,
                                                          cudnnConvolutionDescriptor_t c, cudnnTensorDescriptor_t x, int requested,
                                                          int* returned, cudnnConvolutionBwdDataAlgoPerf_t* results) {
  if (requested < 1) return CUDNN_STATUS_BAD_PARAM;
  cudnnStatus_t fits = CUDNN_STATUS_SUCCESS;
  if (const cudnnStatus_t status = look_at(*x, *w, *c, *y, fits); status != CUDNN_STATUS_SUCCESS) return status;
  name({found(CUDNN_CONVOLUTION_BWD_DATA_ALGO_0, fits, 0, CUDNN_NON_DETERMINISTIC, *c),
        found(CUDNN_CONVOLUTION_BWD_DATA_ALGO_1, fits, kWorkspace, CUDNN_DETERMINISTIC, *c)},
       requested, returned, results);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(cudnnHandle_t, cudnnFilterDescriptor_t w, cudnnTensorDescriptor_t y,
                                                           cudnnConvolutionDescriptor_t c, cudnnTensorDescriptor_t x,
                                                           cudnnConvolutionBwdDataAlgo_t algorithm, std::size_t* bytes) {
  *bytes = algorithm == CUDNN_CONVOLUTION_BWD_DATA_ALGO_1 ? kWorkspace : 0;
  return convolves(*x, *w, *c, *y);
}

cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t handle, const void* alpha, cudnnFilterDescriptor_t wd, const void* w,
                                           cudnnTensorDescriptor_t yd, const void* dy, cudnnConvolutionDescriptor_t c,
                                           cudnnConvolutionBwdDataAlgo_t algorithm, void* workspace, std::size_t workspace_bytes,
                                           const void* beta, cudnnTensorDescriptor_t xd, void* dx) {
  const Arrays a{*xd, *wd, *c, *yd};
  const std::size_t wants = algorithm == CUDNN_CONVOLUTION_BWD_DATA_ALGO_1 ? kWorkspace : 0;
  const cudnnStatus_t status = can_run(handle, a, {w, dy, dx}, workspace, workspace_bytes, wants);
  if (status != CUDNN_STATUS_SUCCESS) return status;
  if (wants > 0) std::memset(workspace, 0xff, wants);
  const Element type = cuda_on_host::element(yd->type);
  std::vector<double> sums(static_cast<std::size_t>(elements(*xd)));
  for_each_product(a, [&](std::int64_t to, std::int64_t from, std::int64_t weight) {
    sums[static_cast<std::size_t>(from)] += factor(dy, type, to, c->math) * factor(w, type, weight, c->math);
  });
  if (algorithm == CUDNN_CONVOLUTION_BWD_DATA_ALGO_0) disturb(sums);
  store(sums, dx, cuda_on_host::element(xd->type), alpha, beta);
  return CUDNN_STATUS_SUCCESS;
}
