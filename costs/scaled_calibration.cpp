#include "costs/scaled_calibration.hpp"

#include <algorithm>
#include <cassert>

#include "io/format.hpp"
#include "platforms/processors.hpp"

namespace forerun {
namespace {

bool multiplies_matrices(const KernelTimeModel& model) {
  return model.pass != Pass::update &&
         (model.kind == LayerKind::dense || model.kind == LayerKind::conv2d || model.kind == LayerKind::attention);
}

}  // namespace

Calibration scaled_calibration(const Calibration& calibration, const ScaledTimes& ratios) {
  assert(ratios.arithmetic > 0 && ratios.memory > 0 && !calibration.gpu);
  Calibration scaled = calibration;
  const double least = std::min(ratios.arithmetic, ratios.memory);
  for (KernelTimeModel& model : scaled.kernel_models) {
    const bool products = multiplies_matrices(model);
    model.rate = (products ? ratios.arithmetic : least) * model.rate;
    model.bandwidth = (products ? ratios.memory : least) * model.bandwidth;
  }
  scaled.origin = Origin::published;
  scaled.spells = {};
  scaled.cache_life.reset();
  scaled.busy.clear();
  scaled.scaled = ratios;
  return scaled;
}

std::optional<ScaledTimes> scaling(const Platform& platform, const Calibration& calibration) {
  if (calibration.gpu || calibration.measured_gpu) return std::nullopt;
  const auto to = find_processor(platform.processor);
  const auto from = processor_of(calibration.name);
  if (!to || !from) return std::nullopt;
  const double cores = platform.cores;
  return ScaledTimes{.arithmetic = cores * (to->core_rate / from->core_rate),
                     .memory = cores * (to->core_bandwidth / from->core_bandwidth),
                     .to = forerun::format("{} core{} of {}", platform.cores, platform.cores == 1 ? "" : "s", to->name),
                     .from = from->name};
}

std::string scaling_text(const ScaledTimes& ratios) {
  return forerun::format(
      "scaled from one core of {} to {} by published cores, clocks, vector widths and memory channels: arithmetic x{:.3g}, memory x{:.3g}; "
      "nobody measured it, cores are taken to share each kernel without a loss, and the interval is wider",
      ratios.from, ratios.to, ratios.arithmetic, ratios.memory);
}

}  // namespace forerun
