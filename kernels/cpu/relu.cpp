#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/threads.hpp"

namespace forerun::cpu {

namespace {

class Forward final : public Operator {
 public:
  explicit Forward(const Kernel& kernel) : elements_(kernel.batch * kernel.shape.input.elements()) {}
  void run(const LayerBuffers& b) override {
    const float* __restrict x = b.input;
    float* __restrict y = b.output;
    share_out(elements_, 2, [=](std::int64_t first, std::int64_t count) {
      for (std::int64_t i = first; i < first + count; ++i) y[i] = x[i] > 0 ? x[i] : 0.0F;
    });
  }

 private:
  std::int64_t elements_;
};

class BackwardData final : public Operator {
 public:
  explicit BackwardData(const Kernel& kernel) : elements_(kernel.batch * kernel.shape.input.elements()) {}
  void run(const LayerBuffers& b) override {
    const float* __restrict y = b.output;
    const float* __restrict dy = b.output_gradient;
    float* __restrict dx = b.input_gradient;
    share_out(elements_, 3, [=](std::int64_t first, std::int64_t count) {
      for (std::int64_t i = first; i < first + count; ++i) dx[i] = y[i] > 0 ? dy[i] : 0.0F;
    });
  }

 private:
  std::int64_t elements_;
};

}  // namespace

std::unique_ptr<Operator> relu(const Kernel& kernel) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  return std::make_unique<BackwardData>(kernel);
}

}  // namespace forerun::cpu
