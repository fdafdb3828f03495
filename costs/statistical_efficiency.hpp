#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "core/infeasible.hpp"
#include "core/run.hpp"

/// How many steps a target takes at a global batch.
namespace forerun {

/// Steps to the target at global batch B [samples]:
///   S(B) = S_min (1 + B_crit / B)             [McCandlish et al. 2018, arXiv:1812.06162, sec. 2.3: (S / S_min - 1)(E / E_min - 1) = 1]
/// Small batches take steps in proportion to 1 / B, large ones S_min whatever their size: two regimes that were measured on many models and
/// data sets, with a turn whose place differs between them [Shallue et al. 2019, JMLR 20(112)]. B_crit belongs to a model, a data set, an
/// optimizer and a target, and grows during training; learning rates are taken to be tuned anew for each batch.
double steps_to_target(const StatisticalEfficiency& efficiency, std::int64_t batch);

/// Samples to the target: B S(B) = S_min B_crit (1 + B / B_crit).
double samples_to_target(const StatisticalEfficiency& efficiency, std::int64_t batch);

/// Steps that a target took at a batch, both above zero.
struct BatchSteps {
  double batch = 0;
  double steps = 0;
};

struct FittedEfficiency {
  StatisticalEfficiency efficiency;
  double worst_error = 0;  ///< |S(B) / steps - 1| over the pairs; zero of two pairs
};

/// S_min and B_crit from measured pairs: the least squares of S(B) / steps - 1, which are linear in S_min and S_min B_crit.
/// Infeasible: pairs of fewer than two batches, and pairs that no positive S_min and B_crit describe (steps that grow with the batch, or
/// fall faster than 1 / B).
std::variant<FittedEfficiency, Infeasible> fit_statistical_efficiency(std::span<const BatchSteps> pairs);

}  // namespace forerun
