#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/windows.hpp"

namespace forerun::cpu {

namespace {

class AveragePool : public Operator {
 protected:
  explicit AveragePool(const Kernel& kernel)
      : shape_(kernel.shape), batch_(kernel.batch), share_(1.0F / static_cast<float>(kernel.shape.window.volume())) {}

  LayerShape shape_;
  std::int64_t batch_;
  float share_;  // of each place of the window
};

// The innermost loops run over channels, which lie side by side.
class Forward final : public AveragePool {
 public:
  explicit Forward(const Kernel& kernel) : AveragePool(kernel) {}
  void run(const LayerBuffers& b) override {
    const std::int64_t channels = shape_.input.channels;
    for_each_window(shape_, batch_, [&](std::int64_t row, std::int64_t column, std::int64_t sample, std::int64_t output) {
      float* __restrict y = b.output + output;
      std::fill_n(y, channels, 0.0F);
      for_each_place(shape_, row, column, [&](std::int32_t, std::int64_t pixel) {
        const float* __restrict x = b.input + sample + pixel * channels;
        for (std::int64_t c = 0; c < channels; ++c) y[c] += x[c];
      });
      for (std::int64_t c = 0; c < channels; ++c) y[c] *= share_;
    });
  }
};

class BackwardData final : public AveragePool {
 public:
  explicit BackwardData(const Kernel& kernel) : AveragePool(kernel) {}
  void run(const LayerBuffers& b) override {
    const std::int64_t channels = shape_.input.channels;
    std::fill_n(b.input_gradient, batch_ * shape_.input.elements(), 0.0F);
    for_each_window(shape_, batch_, [&](std::int64_t row, std::int64_t column, std::int64_t sample, std::int64_t output) {
      const float* __restrict dy = b.output_gradient + output;
      for_each_place(shape_, row, column, [&](std::int32_t, std::int64_t pixel) {
        float* __restrict dx = b.input_gradient + sample + pixel * channels;
        for (std::int64_t c = 0; c < channels; ++c) dx[c] += share_ * dy[c];
      });
    });
  }
};

}  // namespace

std::unique_ptr<Operator> average_pool(const Kernel& kernel) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  return std::make_unique<BackwardData>(kernel);
}

}  // namespace forerun::cpu
