#include <cassert>

#include "kernels/adam.hpp"
#include "kernels/cuda/common/vectors.cuh"
#include "kernels/cuda/update.hpp"

namespace forerun::cuda {

namespace {

/// What one parameter has beside its gradient.
struct State {
  float weight, velocity, second_moment;
};

// Each rule says what it keeps and how one parameter goes a step; all numbers of the step are found on the host.

struct Sgd {
  static constexpr bool kVelocity = false, kSecondMoment = false;
  float rate;
  __device__ void step(float gradient, State& s) const { s.weight -= rate * gradient; }
};

struct Momentum {
  static constexpr bool kVelocity = true, kSecondMoment = false;
  float rate, momentum, scale;
  __device__ void step(float gradient, State& s) const {
    s.velocity = momentum * s.velocity + scale * gradient;
    s.weight -= rate * s.velocity;
  }
};

struct Adam {
  static constexpr bool kVelocity = true, kSecondMoment = true;
  float rate, root, momentum, second_momentum, epsilon, scale;
  float kept;  // of the weight, before the step
  __device__ void step(float gradient, State& s) const {
    const float g = scale * gradient;
    s.velocity = momentum * s.velocity + (1 - momentum) * g;
    s.second_moment = second_momentum * s.second_moment + (1 - second_momentum) * g * g;
    s.weight = kept * s.weight - rate * s.velocity / (root * sqrtf(s.second_moment) + epsilon);
  }
};

Adam adam(const UpdateRule& rule, std::int64_t step, float kept) {
  const auto [rate, root] = adam_step(rule, step);
  return {rate, root, rule.momentum, rule.second_momentum, rule.epsilon, rule.gradient_scale, kept};
}

template <int Width, class Rule>
__device__ __forceinline__ void step_at(const Rule& rule, const UpdateArrays& a, std::int64_t at) {
  float gradient[Width], weight[Width], velocity[Width] = {}, second_moment[Width] = {};
  load_floats(a.gradient + at, gradient);
  load_floats(a.weights + at, weight);
  if constexpr (Rule::kVelocity) load_floats(a.velocity + at, velocity);
  if constexpr (Rule::kSecondMoment) load_floats(a.second_moment + at, second_moment);
  for (int e = 0; e < Width; ++e) {
    State state{weight[e], velocity[e], second_moment[e]};
    rule.step(gradient[e], state);
    weight[e] = state.weight, velocity[e] = state.velocity, second_moment[e] = state.second_moment;
  }
  store_floats(a.weights + at, weight);
  if constexpr (Rule::kVelocity) store_floats(a.velocity + at, velocity);
  if constexpr (Rule::kSecondMoment) store_floats(a.second_moment + at, second_moment);
  if (a.rounded_weights != nullptr) store_floats(static_cast<__nv_bfloat16*>(a.rounded_weights) + at, weight);
}

/// Bound by memory: 28 bytes a parameter for adam, 20 and 12 for what keeps less, and two more for rounded weights.
template <class Rule>
__global__ void __launch_bounds__(kThreads) update_kernel(Rule rule, UpdateArrays arrays, std::int64_t count, std::int64_t vectors) {
  constexpr int kWidth = kVectorWidth<float>;
  for (std::int64_t v = first_element(); v < vectors; v += element_stride()) step_at<kWidth>(rule, arrays, v * kWidth);
  for (std::int64_t at = vectors * kWidth + first_element(); at < count; at += element_stride()) step_at<1>(rule, arrays, at);
}

template <class Rule>
void step(const Rule& rule, const UpdateArrays& a, std::int64_t count, cudaStream_t stream) {
  const bool whole = aligned(a.weights, a.gradient, a.velocity, a.second_moment, static_cast<const char*>(a.rounded_weights));
  const std::int64_t vectors = whole ? count / kVectorWidth<float> : 0;
  launch("update", update_kernel<Rule>, blocks_for(vectors > 0 ? vectors : count), kThreads, 0, stream, rule, a, count, vectors);
}

}  // namespace

void update(const UpdateRule& rule, Optimizer optimizer, std::int64_t number, const UpdateArrays& arrays, std::int64_t count,
            cudaStream_t stream) {
  switch (optimizer) {
    case Optimizer::sgd: return step(Sgd{rule.learning_rate * rule.gradient_scale}, arrays, count, stream);
    case Optimizer::sgd_momentum: return step(Momentum{rule.learning_rate, rule.momentum, rule.gradient_scale}, arrays, count, stream);
    case Optimizer::adam: return step(adam(rule, number, 1), arrays, count, stream);
    case Optimizer::adamw: return step(adam(rule, number, 1 - rule.learning_rate * rule.weight_decay), arrays, count, stream);
    case Optimizer::lbfgs: assert(false);  // not offered
  }
}

}  // namespace forerun::cuda
