#pragma once

#include <cmath>
#include <limits>

namespace forerun::cuda {

inline float fast_exp2(float x) {
  const float power = std::exp2(x);
  return power < std::numeric_limits<float>::min() ? 0.0F : power;
}

}  // namespace forerun::cuda
