#include <cmath>
#include <numbers>

#include "kernels/reference/layers.hpp"

namespace forerun {

void reference_gelu(const Kernel& kernel, const LayerBuffers& b) {
  for (std::int64_t e = 0; e < kernel.batch * kernel.shape.input.elements(); ++e) {
    const double x = b.input[e];
    const double below = 0.5 * (1 + std::erf(x / std::numbers::sqrt2));
    const double density = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
    if (kernel.pass == Pass::forward)
      b.output[e] = static_cast<float>(x * below);
    else
      b.input_gradient[e] = static_cast<float>(b.output_gradient[e] * (below + x * density));
  }
}

}  // namespace forerun
