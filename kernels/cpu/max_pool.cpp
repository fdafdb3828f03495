#include <algorithm>

#include "kernels/cpu/layers.hpp"

namespace forerun::cpu {

namespace {

/// Calls visit(place in the window, input pixel of the sample) for the window's places inside the image.
template <class Visit>
void for_each_place(const LayerShape& shape, std::int64_t row, std::int64_t column, Visit visit) {
  const std::int64_t top = row * shape.stride.height - shape.padding.height, left = column * shape.stride.width - shape.padding.width;
  for (std::int64_t y = std::max<std::int64_t>(0, -top); y < std::min<std::int64_t>(shape.window.height, shape.input.height - top); ++y)
    for (std::int64_t x = std::max<std::int64_t>(0, -left); x < std::min<std::int64_t>(shape.window.width, shape.input.width - left); ++x)
      visit(static_cast<std::int32_t>(y * shape.window.width + x), (top + y) * shape.input.width + left + x);
}

class MaxPool : public Operator {
 protected:
  explicit MaxPool(const Kernel& kernel) : shape_(kernel.shape), batch_(kernel.batch) {}

  /// Calls visit(row, column, first input element of the sample, first output element of the pixel) for each output pixel.
  template <class Visit>
  void for_each_output(Visit visit) {
    for (std::int64_t sample = 0, output = 0; sample < batch_; ++sample)
      for (std::int64_t row = 0; row < shape_.output.height; ++row)
        for (std::int64_t column = 0; column < shape_.output.width; ++column, output += shape_.output.channels)
          visit(row, column, sample * shape_.input.elements(), output);
  }

  LayerShape shape_;
  std::int64_t batch_;
};

// The innermost loops run over channels, which lie side by side: they compile to vector maxima and blends.
class Forward final : public MaxPool {
 public:
  explicit Forward(const Kernel& kernel) : MaxPool(kernel) {}
  void run(const LayerBuffers& b) override {
    const std::int64_t channels = shape_.input.channels;
    for_each_output([&](std::int64_t row, std::int64_t column, std::int64_t sample, std::int64_t output) {
      float* __restrict best = b.output + output;
      std::int32_t* __restrict index = b.indices + output;
      bool first = true;
      for_each_place(shape_, row, column, [&](std::int32_t place, std::int64_t pixel) {
        const float* __restrict x = b.input + sample + pixel * channels;
        if (first) {
          std::copy_n(x, channels, best);
          std::fill_n(index, channels, place);
          first = false;
          return;
        }
        for (std::int64_t c = 0; c < channels; ++c) {
          const bool better = x[c] > best[c];
          best[c] = better ? x[c] : best[c];
          index[c] = better ? place : index[c];
        }
      });
    });
  }
};

class BackwardData final : public MaxPool {
 public:
  explicit BackwardData(const Kernel& kernel) : MaxPool(kernel) {}
  void run(const LayerBuffers& b) override {
    const std::int64_t channels = shape_.input.channels;
    std::fill_n(b.input_gradient, batch_ * shape_.input.elements(), 0.0F);
    for_each_output([&](std::int64_t row, std::int64_t column, std::int64_t sample, std::int64_t output) {
      const float* __restrict dy = b.output_gradient + output;
      const std::int32_t* __restrict index = b.indices + output;
      for_each_place(shape_, row, column, [&](std::int32_t place, std::int64_t pixel) {
        float* __restrict dx = b.input_gradient + sample + pixel * channels;
        for (std::int64_t c = 0; c < channels; ++c) dx[c] += index[c] == place ? dy[c] : 0.0F;
      });
    });
  }
};

}  // namespace

std::unique_ptr<Operator> max_pool(const Kernel& kernel) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  return std::make_unique<BackwardData>(kernel);
}

}  // namespace forerun::cpu
