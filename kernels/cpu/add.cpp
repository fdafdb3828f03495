#include <algorithm>
#include <cassert>

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/threads.hpp"

namespace forerun::cpu {

namespace {

class Forward final : public Operator {
 public:
  explicit Forward(const Kernel& kernel) : elements_(kernel.batch * kernel.shape.output.elements()), operands_(kernel.shape.operands) {}
  void run(const LayerBuffers& b) override {
    assert(static_cast<int>(b.further_inputs.size()) == operands_ - 1);
    const float* first = b.input;
    if (b.further_inputs.empty()) std::copy_n(first, elements_, b.output);
    for (const float* second : b.further_inputs) {
      add(first, second, b.output);
      first = b.output;
    }
  }

 private:
  void add(const float* first, const float* second, float* sum) const {
    share_out(elements_, 3, [=](std::int64_t from, std::int64_t count) {
      for (std::int64_t i = from; i < from + count; ++i) sum[i] = first[i] + second[i];
    });
  }

  std::int64_t elements_;
  int operands_;
};

class BackwardData final : public Operator {
 public:
  explicit BackwardData(const Kernel& kernel) : elements_(kernel.batch * kernel.shape.output.elements()) {}
  void run(const LayerBuffers& b) override {
    copy(b, b.input_gradient);
    for (float* gradient : b.further_input_gradients) copy(b, gradient);
  }

 private:
  void copy(const LayerBuffers& b, float* gradient) const {
    if (gradient == nullptr || gradient == b.output_gradient) return;
    share_out(elements_, 2,
              [&](std::int64_t first, std::int64_t count) { std::copy_n(b.output_gradient + first, count, gradient + first); });
  }

  std::int64_t elements_;
};

}  // namespace

void add_gradient(const float* __restrict from, std::int64_t elements, float* __restrict to) {
  share_out(elements, 3, [=](std::int64_t first, std::int64_t count) {
    for (std::int64_t i = first; i < first + count; ++i) to[i] += from[i];
  });
}

std::unique_ptr<Operator> add(const Kernel& kernel) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  return std::make_unique<BackwardData>(kernel);
}

}  // namespace forerun::cpu
