#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/operator.hpp"

namespace forerun {

/// The numbers of one step of adam or adamw, whose formula UpdateRule has, with the averages' corrections for having begun at zero:
///   w -= rate v / (root sqrt(s) + epsilon)
struct AdamStep {
  float rate;  ///< learning_rate / (1 - momentum^t)
  float root;  ///< 1 / sqrt(1 - second_momentum^t)
};

/// Of step t, counted from 1; in double precision, since 1 - momentum^t is small at first.
inline AdamStep adam_step(const UpdateRule& rule, std::int64_t step) {
  const auto unbiased = [step](float beta) { return 1 - std::pow(static_cast<double>(beta), static_cast<double>(step)); };
  return {static_cast<float>(rule.learning_rate / unbiased(rule.momentum)),
          static_cast<float>(1 / std::sqrt(unbiased(rule.second_momentum)))};
}

}  // namespace forerun
