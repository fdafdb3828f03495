#include "kernels/cpu/layers.hpp"
#include "workloads/formulas.hpp"

namespace forerun::cpu {

namespace {

class Update final : public Operator {
 public:
  Update(const Kernel& kernel, UpdateRule rule) : count_(parameters(kernel.shape)), rule_(rule) {}
  void run(const LayerBuffers& b) override {
    float* __restrict w = b.weights;
    float* __restrict v = b.velocity;
    const float* __restrict g = b.weight_gradient;
    for (std::int64_t i = 0; i < count_; ++i) {
      v[i] = rule_.momentum * v[i] + g[i];
      w[i] -= rule_.learning_rate * v[i];
    }
  }

 private:
  std::int64_t count_;
  UpdateRule rule_;
};

}  // namespace

std::unique_ptr<Operator> update(const Kernel& kernel, UpdateRule rule) { return std::make_unique<Update>(kernel, rule); }

}  // namespace forerun::cpu
