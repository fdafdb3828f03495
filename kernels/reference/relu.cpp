#include "kernels/reference/layers.hpp"

namespace forerun {

void reference_relu(const Kernel& kernel, const LayerBuffers& b) {
  for (std::int64_t e = 0; e < kernel.batch * kernel.shape.input.elements(); ++e)
    if (kernel.pass == Pass::forward)
      b.output[e] = b.input[e] > 0 ? b.input[e] : 0.0F;
    else
      b.input_gradient[e] = b.output[e] > 0 ? b.output_gradient[e] : 0.0F;
}

}  // namespace forerun
