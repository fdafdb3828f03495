#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/scenario.hpp"
#include "costs/spreads.hpp"

/// What a prediction rests on that is not known exactly, and scenarios in which it is something else.
namespace forerun {

/// A calibration and a platform to be changed.
struct Sample {
  Calibration calibration;
  Platform platform;
};

/// One cause of uncertainty. `move` multiplies what it touches by exp(spread z), each figure with its own spread, all by the same z: what
/// moves together has one cause. z is a standard normal variable, and the causes are independent of one another.
struct Cause {
  std::string name;  ///< `products`, `link-bandwidth`
  std::function<void(Sample&, double z)> move;
};

/// The causes that a scenario has, those without spread left out:
///   device                  all kernels
///   software                all kernels of a published GPU whose calibration no fit has seen
///   scaling                 all kernels of a calibration that was scaled to another machine
///   figures of a GPU        by what they describe: the rates of products move together, those of flash attention, of convolutions
///   kernels                 of a measured machine, a cause a kind and pass: 1.4826 times the median error of its left-out samples, which
///                           is the standard deviation of a normal distribution with that median
///   compute scale           that was fitted: what the fit left of it
///   slow spells             of this machine: the quantile of spell_quantile() at which a normal variable stands
///   links                   bandwidths inside and between nodes, messages, measured all-reduces, where the ranks use them
///                           (costs/link_causes.hpp)
std::vector<Cause> causes(const Scenario& scenario, const Spreads& spreads);

/// The spread of the time model itself, its figures being right: published or measured; of a calibration that was fitted, what
/// the fit leaves of its rows; none where a trace brings its own durations.
double model_spread(const Scenario& scenario, const Spreads& spreads);

}  // namespace forerun
