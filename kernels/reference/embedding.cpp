#include <vector>

#include "kernels/reference/layers.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

void reference_embedding(const Kernel& kernel, const LayerBuffers& b, bool adds_gradient) {
  const std::int64_t channels = kernel.shape.output.channels, elements = kernel.batch * kernel.shape.output.elements();
  const auto row = [&](std::int64_t e) { return b.picked[e / channels] * channels + e % channels; };
  if (kernel.pass == Pass::forward) {
    for (std::int64_t e = 0; e < elements; ++e) b.output[e] = b.weights[row(e)];
    return;
  }
  std::vector<double> gradient(static_cast<std::size_t>(parameters(kernel.shape)));
  for (std::int64_t e = 0; e < elements; ++e) gradient[row(e)] += b.output_gradient[e];
  for (std::size_t i = 0; i < gradient.size(); ++i)
    b.weight_gradient[i] = static_cast<float>(gradient[i] + (adds_gradient ? b.weight_gradient[i] : 0));
}

}  // namespace forerun
