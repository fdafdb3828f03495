#include "kernels/cpu/layers.hpp"

namespace forerun::cpu {

namespace {

class Forward final : public Operator {
 public:
  explicit Forward(const Kernel& kernel) : elements_(kernel.batch * kernel.shape.input.elements()) {}
  void run(const LayerBuffers& b) override {
    const float* __restrict x = b.input;
    float* __restrict y = b.output;
    for (std::int64_t i = 0; i < elements_; ++i) y[i] = x[i] > 0 ? x[i] : 0.0F;
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
    for (std::int64_t i = 0; i < elements_; ++i) dx[i] = y[i] > 0 ? dy[i] : 0.0F;
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
