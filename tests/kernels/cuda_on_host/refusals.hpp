#pragma once

/// What the libraries' players refuse although they could do it: tests say so, to see what is done without.
namespace cuda_on_host {

struct Refusals {
  bool epilogues = false;     ///< cublasLt has no kernel with an epilogue
  bool fused_biases = false;  ///< cuDNN has no convolution with a bias
};
inline Refusals refusals;

}  // namespace cuda_on_host
