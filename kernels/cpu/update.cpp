#include <cassert>
#include <cmath>

#include "kernels/adam.hpp"
#include "kernels/cpu/operator.hpp"
#include "kernels/cpu/threads.hpp"

namespace forerun::cpu {

namespace {

// Each rule is one loop: every array is read and written once.

void sgd(const UpdateRule& rule, std::int64_t count, const float* __restrict g, float* __restrict w) {
  const float rate = rule.learning_rate * rule.gradient_scale;
  for (std::int64_t i = 0; i < count; ++i) w[i] -= rate * g[i];
}

void sgd_momentum(const UpdateRule& rule, std::int64_t count, const float* __restrict g, float* __restrict v, float* __restrict w) {
  for (std::int64_t i = 0; i < count; ++i) {
    v[i] = rule.momentum * v[i] + rule.gradient_scale * g[i];
    w[i] -= rule.learning_rate * v[i];
  }
}

/// `decay` is what the weights keep of themselves before the step.
void adam(const UpdateRule& rule, float decay, std::int64_t step, std::int64_t count, const float* __restrict g, float* __restrict m,
          float* __restrict s, float* __restrict w) {
  const auto [rate, root] = adam_step(rule, step);
  for (std::int64_t i = 0; i < count; ++i) {
    const float gradient = rule.gradient_scale * g[i];
    m[i] = rule.momentum * m[i] + (1 - rule.momentum) * gradient;
    s[i] = rule.second_momentum * s[i] + (1 - rule.second_momentum) * gradient * gradient;
    w[i] = decay * w[i] - rate * m[i] / (root * std::sqrt(s[i]) + rule.epsilon);
  }
}

class Update final : public Operator {
 public:
  Update(std::int64_t count, Optimizer optimizer, const UpdateRule& rule) : count_(count), optimizer_(optimizer), rule_(rule) {}
  void run(const LayerBuffers& b) override {
    constexpr std::int64_t kFloats = 3;  // at least: gradient, weights read and written
    share_out(count_, kFloats, [&](std::int64_t first, std::int64_t count) {
      const float* gradient = b.weight_gradient + first;
      float* weights = b.weights + first;
      switch (optimizer_) {
        case Optimizer::sgd: return sgd(rule_, count, gradient, weights);
        case Optimizer::sgd_momentum: return sgd_momentum(rule_, count, gradient, b.velocity + first, weights);
        case Optimizer::adam: return adam(rule_, 1, b.step, count, gradient, b.velocity + first, b.second_moment + first, weights);
        case Optimizer::adamw: {
          const float kept = 1 - rule_.learning_rate * rule_.weight_decay;
          return adam(rule_, kept, b.step, count, gradient, b.velocity + first, b.second_moment + first, weights);
        }
        case Optimizer::lbfgs: assert(false);  // not offered
      }
    });
  }

 private:
  std::int64_t count_;
  Optimizer optimizer_;
  UpdateRule rule_;
};

}  // namespace

std::unique_ptr<Operator> make_update(std::int64_t count, Optimizer optimizer, const UpdateRule& rule) {
  return std::make_unique<Update>(count, optimizer, rule);
}

}  // namespace forerun::cpu
