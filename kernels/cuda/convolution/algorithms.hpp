#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/cuda/convolution/descriptors.hpp"

namespace forerun::cuda {

constexpr bool is_unsupported(cudnnStatus_t status) { return status >= CUDNN_STATUS_NOT_SUPPORTED && status < CUDNN_STATUS_INTERNAL_ERROR; }

/// An algorithm and what it asks for.
template <class Algorithm>
struct DnnAlgorithm {
  Algorithm algorithm;
  cudnnMathType_t math;
  std::size_t workspace;  ///< [bytes]
};

inline constexpr std::size_t kMostDnnWorkspace = std::size_t{1} << 30;  ///< [bytes]: two transposed batches of a large layer
inline constexpr int kMostDnnAlgorithms = 16;                           ///< of one pass, with all kinds of arithmetic

/// The algorithms of one pass that cuDNN expects to work, in the order in which it expects them to be fast: those that give the same
/// result every time, and others only where there are none.
///
/// `Found` is what cuDNN's heuristic says of an algorithm of the pass, such as cudnnConvolutionFwdAlgoPerf_t.
template <class Found>
class DnnAlgorithms {
 public:
  using Algorithm = decltype(Found::algo);

  /// Asks heuristic(most, count, found) for algorithms and then workspace_of(algorithm, bytes) for the arithmetic that is allowed. Throws
  /// std::runtime_error where the heuristic fails, but for having none.
  template <class Heuristic, class WorkspaceOf>
  DnnAlgorithms(const ConvolutionDescriptors& descriptors, Heuristic heuristic, WorkspaceOf workspace_of)
      : convolution_(descriptors.convolution) {
    std::array<Found, kMostDnnAlgorithms> found{};
    int count = 0;
    const cudnnStatus_t asked = heuristic(kMostDnnAlgorithms, &count, found.data());
    if (!is_unsupported(asked)) check(asked, "cuDNN's heuristic for an algorithm");
    const auto take = [&](cudnnDeterminism_t determinism) {
      for (const Found& candidate : std::span(found.data(), static_cast<std::size_t>(count))) {
        if (candidate.status != CUDNN_STATUS_SUCCESS || candidate.determinism != determinism) continue;
        DnnAlgorithm<Algorithm> usable{candidate.algo, descriptors.bf16 ? candidate.mathType : CUDNN_FMA_MATH, 0};
        allow(usable.math);
        const cudnnStatus_t status = workspace_of(usable.algorithm, &usable.workspace);
        if (status == CUDNN_STATUS_SUCCESS && usable.workspace <= kMostDnnWorkspace) usable_.push_back(usable);
      }
    };
    take(CUDNN_DETERMINISTIC);
    if (usable_.empty()) take(CUDNN_NON_DETERMINISTIC);
    if (!usable_.empty()) allow(usable_.front().math);
  }

  [[nodiscard]] bool empty() const { return usable_.empty(); }
  [[nodiscard]] const DnnAlgorithm<Algorithm>& first() const { return usable_.front(); }

  /// Calls launch(algorithm) -> status with the first; where it fails after all, from then on with the next.
  /// Throws std::runtime_error in the name of `what` where none is left or a launch fails.
  template <class Launch>
  void run(const char* what, Launch launch) {
    cudnnStatus_t status = launch(usable_.front());
    while (status != CUDNN_STATUS_SUCCESS && usable_.size() > 1) {
      usable_.erase(usable_.begin());
      allow(usable_.front().math);
      status = launch(usable_.front());
    }
    check(status, what);
  }

 private:
  void allow(cudnnMathType_t math) const { check(cudnnSetConvolutionMathType(convolution_, math), "cudnnSetConvolutionMathType"); }

  cudnnConvolutionDescriptor_t convolution_;
  std::vector<DnnAlgorithm<Algorithm>> usable_;
};

}  // namespace forerun::cuda
