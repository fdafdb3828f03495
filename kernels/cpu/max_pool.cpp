#include <algorithm>

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/windows.hpp"

namespace forerun::cpu {

namespace {

class MaxPool : public Operator {
 protected:
  explicit MaxPool(const Kernel& kernel) : shape_(kernel.shape), batch_(kernel.batch) {}

  LayerShape shape_;
  std::int64_t batch_;
};

// The innermost loops run over channels, which lie side by side: they compile to vector maxima and blends.
class Forward final : public MaxPool {
 public:
  explicit Forward(const Kernel& kernel) : MaxPool(kernel) {}
  void run(const LayerBuffers& b) override {
    const std::int64_t channels = shape_.input.channels;
    for_each_window(shape_, batch_, [&](std::int64_t row, std::int64_t column, std::int64_t sample, std::int64_t output) {
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
    for_each_window(shape_, batch_, [&](std::int64_t row, std::int64_t column, std::int64_t sample, std::int64_t output) {
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
