#include "validation/property_fit.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace forerun {
namespace {

void put_links(const FitRecord& record, Platform& platform) {
  if (platform.name != record.platform) return;
  for (const FittedProperty& property : record.properties) {
    const auto known = std::ranges::find(fittables(), property.name, &Fittable::name);
    if (property.standing == Standing::fitted && known->owner == Owner::platform) set_value(*known, property.value, platform);
  }
}

void put_under(const std::shared_ptr<const Calibration>& calibration, const std::string& group, std::vector<Case>& scored) {
  for (Case& measured : scored) {
    if (!measured.scenario || (!group.empty() && measured.run.group != group)) continue;
    if (measured.scenario->calibration->name != calibration->fit->base) continue;
    measured.scenario->calibration = calibration;
    put_links(*calibration->fit, measured.scenario->platform);
  }
}

std::vector<std::string> groups_of(std::span<const Case> cases) {
  std::vector<std::string> groups;
  for (const Case& measured : cases)
    if (std::ranges::find(groups, measured.run.group) == groups.end()) groups.push_back(measured.run.group);
  return groups;
}

}  // namespace

std::vector<FittedRows> fit_properties(std::span<const Case> fitted, std::vector<Case>& scored, Split::Each each,
                                       const std::vector<const Fittable*>& properties, const Predictor& predict) {
  std::vector<FittedRows> found;
  std::vector<std::pair<std::shared_ptr<const Calibration>, std::string>> calibrations;
  const std::vector<std::string> groups = each == Split::Each::group ? groups_of(fitted) : std::vector<std::string>{""};
  for (const std::string& group : groups) {
    std::vector<Case> rows;
    for (const Case& measured : fitted)
      if (group.empty() || measured.run.group == group) rows.push_back(measured);
    if (rows.empty()) continue;
    const FitRequest request{.unknowns = properties, .wish = Wish::named_where_known, .file = rows.front().run.file};
    const auto calibration = std::make_shared<const Calibration>(fit_calibration(rows, request, predict));
    found.push_back({group, *calibration->fit});
    calibrations.emplace_back(calibration, group);
  }
  // Only now: a fit starts from what the rows' own calibration says.
  for (const auto& [calibration, group] : calibrations) put_under(calibration, group, scored);
  return found;
}

}  // namespace forerun
