#include <cmath>

#include "kernels/reference/layers.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

double step_of_sgd(Optimizer optimizer, const UpdateRule& rule, const LayerBuffers& b, std::int64_t i, double gradient) {
  if (optimizer == Optimizer::sgd) return rule.learning_rate * gradient;
  const double v = static_cast<double>(rule.momentum) * b.velocity[i] + gradient;
  b.velocity[i] = static_cast<float>(v);
  return rule.learning_rate * v;
}

double step_of_adam(const UpdateRule& rule, const LayerBuffers& b, std::int64_t i, double gradient) {
  const double m = rule.momentum * static_cast<double>(b.velocity[i]) + (1.0 - rule.momentum) * gradient;
  const double s = rule.second_momentum * static_cast<double>(b.second_moment[i]) + (1.0 - rule.second_momentum) * gradient * gradient;
  b.velocity[i] = static_cast<float>(m);
  b.second_moment[i] = static_cast<float>(s);
  const auto unbiased = [&](double average, double beta) { return average / (1 - std::pow(beta, static_cast<double>(b.step))); };
  return rule.learning_rate * unbiased(m, rule.momentum) / (std::sqrt(unbiased(s, rule.second_momentum)) + rule.epsilon);
}

}  // namespace

void reference_update(const Kernel& kernel, const LayerBuffers& b, const UpdateRule& rule) {
  const bool adam = kernel.optimizer == Optimizer::adam || kernel.optimizer == Optimizer::adamw;
  for (std::int64_t i = 0; i < parameters(kernel.shape); ++i) {
    const double gradient = static_cast<double>(rule.gradient_scale) * b.weight_gradient[i];
    double weight = b.weights[i];
    if (kernel.optimizer == Optimizer::adamw) weight -= static_cast<double>(rule.learning_rate) * rule.weight_decay * weight;
    weight -= adam ? step_of_adam(rule, b, i, gradient) : step_of_sgd(kernel.optimizer, rule, b, i, gradient);
    b.weights[i] = static_cast<float>(weight);
  }
}

}  // namespace forerun
