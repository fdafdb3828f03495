#pragma once

#include <atomic>

/// What the libraries' players refuse although they could do it: tests say so, to see what is done without.
namespace cuda_on_host {

struct Refusals {
  bool epilogues = false;          ///< cublasLt has no kernel with an epilogue
  bool running_epilogues = false;  ///< cublasLt names one, and refuses it when it runs
  bool fused_biases = false;       ///< cuDNN has no convolution with a bias
  bool first_algorithms = false;   ///< what cuDNN named first of a convolution forward proves to be unsupported
  bool bf16 = false;               ///< the device is older than Ampere
  bool convolutions = false;       ///< cuDNN has no algorithm for a convolution
};
inline Refusals refusals;

/// What the players did: that something is done at all does not say who did it.
struct Calls {
  std::atomic<int> products_with_epilogues = 0;
  std::atomic<int> convolutions = 0;  ///< of any pass
  std::atomic<int> convolutions_with_biases = 0;

  void clear() { products_with_epilogues = convolutions = convolutions_with_biases = 0; }
};
inline Calls calls;

}  // namespace cuda_on_host
