#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/infeasible.hpp"
#include "core/run.hpp"

/// How many steps a target takes at a global batch.
namespace forerun {

/// Steps to the target at global batch B [samples]:
///   S(B) = S_min (1 + B_crit / B)             [McCandlish et al. 2018, arXiv:1812.06162, sec. 2.3: (S / S_min - 1)(E / E_min - 1) = 1]
/// Small batches take steps in proportion to 1 / B, large ones S_min whatever their size: two regimes that were measured on many models and
/// data sets, with a turn whose place differs between them [Shallue et al. 2019, JMLR 20(112)]. B_crit belongs to a model, a data set, an
/// optimizer and a target, and grows during training; learning rates are taken to be tuned anew for each batch. Neglected: beyond the
/// largest useful batch more steps may be needed, or the target be out of reach.
double steps_to_target(const StatisticalEfficiency& efficiency, std::int64_t batch);

/// Samples to the target: B S(B) = S_min B_crit (1 + B / B_crit).
double samples_to_target(const StatisticalEfficiency& efficiency, std::int64_t batch);

/// The S_min with which `samples` seen at batch B reach the target: S_min = samples / (B + B_crit). All above zero.
double minimum_steps_of(double samples, double batch, double critical_batch);

/// Steps that a target took at a batch, both above zero.
struct BatchSteps {
  double batch = 0;
  double steps = 0;
};

/// S_min and B_crit from measured pairs, with what they leave open: the least squares of S(B) / steps - 1, which are linear in a = S_min
/// and b = S_min B_crit. The variance of an error is the sum of squares / (pairs - 2).
/// Infeasible: pairs of fewer than two batches, and pairs that no positive S_min and B_crit describe (steps that grow with the batch, or
/// fall faster than 1 / B).
std::variant<StatisticalEfficiency, Infeasible> fit_statistical_efficiency(std::span<const BatchSteps> pairs);

/// P10 and P90 of what was fitted.
struct FitRange {
  double p10 = 0;
  double p90 = 0;  ///< infinite where nothing bounds it
};

/// `P10 to P90 808.3 to 2017`, `P10 808.3, unbounded above`.
std::string range_text(const FitRange& range);

/// What the fit leaves open, by Student's t of (runs - 2) degrees of freedom. Empty where nothing was fitted, or to two runs.
std::optional<FitRange> minimum_steps_range(const StatisticalEfficiency& efficiency);
/// Of the ratio b / a [Fieller 1954, J. R. Stat. Soc. B 16(2)]: 0 or infinity where the runs do not bound it.
std::optional<FitRange> critical_batch_range(const StatisticalEfficiency& efficiency);
/// Of the mean number of steps at a batch: var = var(a) + 2 cov(a, b) / B + var(b) / B^2.
std::optional<FitRange> steps_range(const StatisticalEfficiency& efficiency, std::int64_t batch);

/// What a fit cannot tell, as sentences: two runs, one of the constants unbounded, a batch outside of the runs'. Empty where nothing was
/// fitted.
std::vector<std::string> fit_warnings(const StatisticalEfficiency& efficiency, std::int64_t batch);

}  // namespace forerun
