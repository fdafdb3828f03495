#pragma once

#include <cstdint>
#include <span>

#include "core/plan.hpp"
#include "core/prediction.hpp"
#include "costs/price.hpp"

namespace forerun::oracle {

/// What a plan's structure says about its time. Where the plan names no steps, the step is the asymptotic period of the
/// compute lane and there is no total.
struct Evaluation {
  Seconds step;
  Seconds total;  ///< all steps; zero where the plan names none
  Parts parts;    ///< of one step; they add up to `step`
};

/// Evaluates the plan as a max-plus program over rank classes: start = max(lane free, all that is waited for).
/// A repeat is walked until, over some period, every argument of every maximum grows by a constant and no loser grows faster
/// than its winner; the rest is a multiplication, which is exact. Where no period up to 12 iterations shows itself, all
/// iterations are walked (without steps: 4,096 of them, and the mean growth over the later half is returned).
/// Cost grows with the operations of the plan, never with ranks or, past the transient, with iterations.
Evaluation evaluate(const StepPlan& plan, std::span<const OperationCost> costs);

}  // namespace forerun::oracle
