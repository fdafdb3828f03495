#include "cli/calibration_settings.hpp"

#include <array>
#include <string_view>

#include "cli/run_text.hpp"
#include "costs/calibration_file.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"

namespace forerun {
namespace {

constexpr std::array<std::string_view, 3> kKeys{"calibration.compute-scale", "calibration.convolution-workspace",
                                                "calibration.overlap-slowdown"};
constexpr double kLeastScale = 1e-6;
constexpr double kMostScale = 1e6;

}  // namespace

std::string CalibrationSettings::key() const {
  return (scale ? "*" + exact(*scale) : "") + (workspace ? "<" + exact(workspace->value()) : "") + (overlap ? "|" + exact(*overlap) : "");
}

CalibrationSettings read_calibration_settings(const std::vector<Text>& settings, Problems& problems) {
  CalibrationSettings read;
  for (const Text& setting : settings)
    problems.collect([&] {
      const Text shown = named(setting, "calibration");
      if (setting.key == "compute-scale")
        read.scale = parse_number(shown, kLeastScale, kMostScale);
      else if (setting.key == "convolution-workspace")
        read.workspace = parse_bytes(shown);
      else if (setting.key == "overlap-slowdown")
        read.overlap = parse_overlap_slowdown(shown);
      else
        throw BadInput(unknown_setting(setting, shown.key, kKeys));
    });
  return read;
}

std::shared_ptr<const Calibration> with_settings(std::shared_ptr<const Calibration> calibration, const CalibrationSettings& settings,
                                                 const Text& name, Problems& problems) {
  if (settings.key().empty()) return calibration;
  auto set = std::make_shared<Calibration>(*calibration);
  if (settings.scale) set->compute_scale = *settings.scale;
  if (settings.overlap) set->overlap = {.factor = *settings.overlap, .origin = Origin::published, .source = "set"};
  if (settings.workspace && !set->gpu)
    problems.add(Problem{.file = name.value, .key = "calibration.convolution-workspace", .what = "belongs to a GPU's calibration"});
  else if (settings.workspace)
    set->gpu->convolution_workspace = *settings.workspace;
  return set;
}

}  // namespace forerun
