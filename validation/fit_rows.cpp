#include "validation/fit_rows.hpp"

#include <cmath>
#include <limits>

#include "costs/calibration_gpu.hpp"
#include "io/format.hpp"

namespace forerun {

Text place_of(const Case& measured) {
  Text text = measured.run.workload;
  text.value = measured.run.run;
  text.key.clear();
  return text;
}

FitRows::FitRows(std::span<const Case> cases, const std::string& file, const Predictor& predict) : predict_(predict) {
  for (const Case& measured : cases) take(measured);
  if (used_.size() < 2)
    throw BadInput(Problem{.file = file,
                           .what = format("has {} usable row{} to fit to, and a fit takes two or more{}", used_.size(),
                                          used_.size() == 1 ? "" : "s", warnings_.empty() ? "" : ": " + warnings_.front())});
  Problems problems;
  const Scenario& first = *used_.front()->scenario;
  for (const Case* measured : used_)
    if (measured->scenario->calibration->name != first.calibration->name)
      problems.add(problem(place_of(*measured),
                           "is of calibration " + measured->scenario->calibration->name + ", and one is fitted at a time",
                           "rows of " + first.calibration->name + " (choose them with --fit)"));
    else if (measured->scenario->calibration->compute_scale != first.calibration->compute_scale)
      problems.add(problem(place_of(*measured), "has another calibration.compute-scale than the first row",
                           exact(first.calibration->compute_scale)));
  problems.throw_if_any();
  calibration_ = std::make_shared<Calibration>(*first.calibration);
  for (const Case* measured : used_) {
    scenarios_.push_back(*measured->scenario);
    scenarios_.back().calibration = calibration_;
  }
}

std::optional<double> FitRows::published(const Fittable& property) const {
  std::optional<double> value;
  const std::string& platform = used_.front()->scenario->platform.name;
  for (const Case* measured : used_) {
    const std::optional<double> here = value_of(property, *measured->scenario);
    if (!here) continue;
    if (property.owner == Owner::platform && measured->scenario->platform.name != platform)
      throw BadInput(problem(place_of(*measured),
                             "is of platform " + measured->scenario->platform.name + ", and " + property.name + " is fitted of one",
                             "rows of " + platform));
    if (value && *value != *here)
      throw BadInput(problem(place_of(*measured), "has another " + property.name + " than the rows before it", exact(*value)));
    value = here;
  }
  return value;
}

bool FitRows::has(const Fittable& property) const {
  const Calibration& given = *used_.front()->scenario->calibration;
  return property.owner != Owner::gpu || gpu_figure(*given.gpu, property.figures.front()) > 0;
}

Eigen::VectorXd FitRows::residuals(std::span<const Fittable* const> unknowns, const Eigen::VectorXd& logs) {
  Calibration changed = *used_.front()->scenario->calibration;
  for (std::size_t k = 0; k < unknowns.size(); ++k) {
    const double value = std::exp(logs[static_cast<Eigen::Index>(k)]);
    if (unknowns[k]->owner == Owner::gpu) set_value(*unknowns[k], value, *changed.gpu);
    if (unknowns[k]->owner == Owner::calibration) changed.compute_scale = value;
    if (unknowns[k]->owner != Owner::platform) continue;
    for (Scenario& scenario : scenarios_) set_value(*unknowns[k], value, scenario.platform);
  }
  *calibration_ = std::move(changed);
  Eigen::VectorXd out(static_cast<Eigen::Index>(used_.size()));
  for (std::size_t i = 0; i < used_.size(); ++i) {
    const MeasuredRun& run = used_[i]->run;
    const std::optional<double> value = metric_value(predict_(scenarios_[i]), run.metric);
    const double ratio = value ? std::log(*value / run.value) : std::numeric_limits<double>::quiet_NaN();
    out[static_cast<Eigen::Index>(i)] = time_direction(run.metric) * ratio;
  }
  return out;
}

void FitRows::restore() {
  for (std::size_t i = 0; i < used_.size(); ++i) scenarios_[i].platform = used_[i]->scenario->platform;
}

void FitRows::take(const Case& measured) {
  const ScoredRun scored = score(measured, predict_);
  std::string why = scored.reason;
  if (why.empty() && time_direction(measured.run.metric) == 0) why = measured.run.metric + " does not follow time";
  if (why.empty())
    used_.push_back(&measured);
  else
    warnings_.push_back(format("row {} is left out: {}", measured.run.run, why));
}

}  // namespace forerun
