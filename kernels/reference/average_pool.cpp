#include <vector>

#include "kernels/reference/layers.hpp"

namespace forerun {

namespace {

/// Calls visit(output element, input element) for every element of every window that is not padding.
template <class Visit>
void for_each_place(const Kernel& kernel, Visit visit) {
  const LayerShape& s = kernel.shape;
  const TensorShape &x = s.input, &y = s.output;
  for (std::int64_t e = 0; e < kernel.batch * y.elements(); ++e) {
    const std::int64_t channel = e % y.channels, column = e / y.channels % y.width, row = e / (y.channels * y.width) % y.height;
    for (std::int64_t i = 0; i < s.window.height; ++i)
      for (std::int64_t j = 0; j < s.window.width; ++j) {
        const std::int64_t from_row = row * s.stride.height - s.padding.height + i,
                           from_column = column * s.stride.width - s.padding.width + j;
        if (from_row < 0 || from_row >= x.height || from_column < 0 || from_column >= x.width) continue;
        visit(e, e / y.elements() * x.elements() + (from_row * x.width + from_column) * x.channels + channel);
      }
  }
}

}  // namespace

void reference_average_pool(const Kernel& kernel, const LayerBuffers& b) {
  const auto places = static_cast<double>(kernel.shape.window.volume());
  const bool forward = kernel.pass == Pass::forward;
  std::vector<double> sums(kernel.batch * (forward ? kernel.shape.output : kernel.shape.input).elements());
  for_each_place(kernel, [&](std::int64_t output, std::int64_t input) {
    forward ? sums[output] += b.input[input] : sums[input] += b.output_gradient[output];
  });
  for (std::size_t e = 0; e < sums.size(); ++e) (forward ? b.output : b.input_gradient)[e] = static_cast<float>(sums[e] / places);
}

}  // namespace forerun
