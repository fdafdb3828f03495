#include "kernels/dropout_draws.hpp"
#include "kernels/reference/layers.hpp"

namespace forerun {

void reference_dropout(const Kernel& kernel, const LayerBuffers& b, float share) {
  const DropRate rate(share);
  const std::int64_t elements = kernel.shape.input.elements();
  for (std::int64_t e = 0; e < kernel.batch * elements; ++e) {
    if (kernel.pass == Pass::backward_data) {
      b.input_gradient[e] = b.mask[e] != 0 ? static_cast<float>(static_cast<double>(b.output_gradient[e]) * rate.scale) : 0.0F;
      continue;
    }
    const std::uint64_t key = sample_key(b.key, b.step, b.first_sample + e / elements);
    b.mask[e] = draw(key, e % elements) >= rate.threshold ? 1 : 0;
    b.output[e] = b.mask[e] != 0 ? static_cast<float>(static_cast<double>(b.input[e]) * rate.scale) : 0.0F;
  }
}

}  // namespace forerun
