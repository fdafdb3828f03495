#pragma once

#include <span>

#include "core/calibration.hpp"

namespace forerun {

/// Fits the time model of one kernel to its samples (all of one layer kind, pass and precision; updates of any layer by one optimizer).
///  1. The base: overhead, 1 / rate and 1 / bandwidth, each at least zero, by least squares on relative errors.
///  2. The residual log(measured / base): a Gaussian process over the shape features, one length scale a feature and a noise ratio
///     chosen by marginal likelihood from a grid, coordinate by coordinate       [Rasmussen & Williams 2006, sec. 5.4.1].
/// A kernel far from every sample falls back to the base. Precondition: at least one sample, times above zero.
KernelTimeModel fit_kernel(std::span<const KernelSample> samples);

/// Fits every kernel and all-reduce model of the calibration to its samples and replaces the models it held.
void fit(Calibration& calibration);

}  // namespace forerun
