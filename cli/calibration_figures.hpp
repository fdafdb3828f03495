#pragma once

#include <string>

#include "core/calibration.hpp"
#include "io/json.hpp"

namespace forerun {

/// The figures that a GPU's kernels are priced with as a table: value with its unit, how far it may be off (the standard deviation of its
/// logarithm) and the numbers of their sources, which are listed below it once each. Nothing for a calibration without such figures.
std::string figures_text(const Calibration& calibration);

/// `[{figure, value, source, spread, spread_source}]`, values in SI; null where no spread is known.
Json figures_json(const Calibration& calibration);

/// What was fitted to measured runs: how much to which rows, each property's value with P10 to P90 and what it was before, and settings of
/// the platform that belong to it.
std::string fit_record_text(const FitRecord& record);

/// What was measured of a GPU beside its kernels.
Json measured_gpu_json(const MeasuredGpu& gpu);
std::string measured_gpu_text(const MeasuredGpu& gpu);

}  // namespace forerun
