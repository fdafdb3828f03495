#include "kernels/cpu/operator.hpp"

namespace forerun::cpu {

Library best_library(const Kernel& kernel) {
  const bool product = kernel.shape.kind == LayerKind::dense || kernel.shape.kind == LayerKind::conv2d;
  return product && offers(Library::onednn, kernel) ? Library::onednn : Library::eigen;
}

}  // namespace forerun::cpu
