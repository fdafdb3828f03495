#include "kernels/reference/layers.hpp"

namespace forerun {

void reference_add(const Kernel& kernel, const LayerBuffers& b) {
  for (std::int64_t e = 0; e < kernel.batch * kernel.shape.output.elements(); ++e) {
    if (kernel.pass == Pass::forward) {
      double sum = b.input[e];
      for (const float* input : b.further_inputs) sum += input[e];
      b.output[e] = static_cast<float>(sum);
    } else {
      b.input_gradient[e] = b.output_gradient[e];
      for (float* gradient : b.further_input_gradients) gradient[e] = b.output_gradient[e];
    }
  }
}

}  // namespace forerun
