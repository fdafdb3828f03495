#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "validation/score.hpp"

namespace forerun {

/// A root of a monotone function, or its values at both ends of the range where it has none there.
struct Root {
  std::optional<double> at;
  double at_low = 0;   ///< the function's value at the low end
  double at_high = 0;  ///< and at the high end
};

/// Where a monotone function of a positive quantity is zero: bisection on the quantity's logarithm, to 1e-10 relative.
/// Preconditions: 0 < low < high; the function does not change direction between them.
Root find_root(const std::function<double(double)>& function, double low, double high);

/// Another host's compute time over the calibration's, and the rows that gave it.
struct FittedScale {
  double scale = 1;
  std::vector<std::string> runs;
};

/// The one unknown that measured runs of another host fit: Calibration::compute_scale s. Least squares on the logarithms,
///   minimise sum over rows of (log predicted(s) - log measured)^2,
/// solved where the mean of log(predicted / measured) vanishes: exact where compute dominates each row, because each prediction is then
/// proportional to s. s is looked for in [1e-4, 1e4].
/// Rows that cannot be scored, and rows of a metric that does not depend on compute time, give nothing.
/// BadInput, as a problem of `--fit`: no row gives anything, or no scale in the range meets them.
FittedScale fit_compute_scale(std::span<const Case> cases, const Predictor& predict);

/// The scenario with another compute scale.
Scenario with_compute_scale(const Scenario& scenario, double scale);

/// The cases that have a scenario under another compute scale; those that share a calibration go on sharing one.
void rescale(std::vector<Case>& cases, double scale);

/// One positive quantity of a platform, that measurements may be explained by, and the range of its values [SI].
struct Unknown {
  std::string key;  ///< `platform.link-bandwidth`, `-latency`, `platform.intra-node-bandwidth`, `-latency`
  double low = 0;
  double high = 0;
};

/// An unknown from `platform.link-bandwidth=10Mbit/s..100Gbit/s`. BadInput: a key that is none of the four (with a suggestion), a
/// range without `..`, a quantity that its reader refuses, an empty range.
Unknown parse_unknown(const Text& text);

/// The scenario with another value of the unknown.
Scenario with_unknown(const Scenario& scenario, const Unknown& unknown, double value);

/// The value of the unknown under which a run is predicted exactly as it was measured.
struct Explanation {
  std::string engine;
  std::string run;
  std::optional<double> value;  ///< [SI]; empty where no value of the range explains the run
  std::optional<double> measured;
  std::optional<double> predicted_at_low;
  std::optional<double> predicted_at_high;
  std::string reason;  ///< why there is no value
};
Explanation explain(const Case& measured, const Unknown& unknown, const Predictor& predict);

}  // namespace forerun
