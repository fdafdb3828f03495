#include "validation/fit.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <utility>

namespace forerun {
namespace {

constexpr double kSmallestScale = 1e-4;
constexpr double kLargestScale = 1e4;
constexpr double kRelativeWidth = 1e-10;

/// log(predicted / measured) of a case.
double log_ratio(const Case& measured, const Scenario& scenario, const Predictor& predict) {
  return std::log(*metric_value(predict(scenario), measured.run.metric) / measured.run.value);
}

[[noreturn]] void refuse(std::string what) { throw BadInput(Problem{.file = "--fit", .what = std::move(what)}); }

}  // namespace

Root find_root(const std::function<double(double)>& function, double low, double high) {
  Root root{.at = std::nullopt, .at_low = function(low), .at_high = function(high)};
  if (root.at_low == 0) return root.at = low, root;
  if (root.at_high == 0) return root.at = high, root;
  if ((root.at_low < 0) == (root.at_high < 0)) return root;
  while (high / low - 1 > kRelativeWidth) {
    const double middle = std::sqrt(low * high);
    if (middle <= low || middle >= high) break;
    ((function(middle) < 0) == (root.at_low < 0) ? low : high) = middle;
  }
  root.at = std::sqrt(low * high);
  return root;
}

Scenario with_compute_scale(const Scenario& scenario, double scale) {
  Scenario changed = scenario;
  auto calibration = std::make_shared<Calibration>(*scenario.calibration);
  calibration->compute_scale = scale;
  changed.calibration = std::move(calibration);
  return changed;
}

void rescale(std::vector<Case>& cases, double scale) {
  std::map<const Calibration*, std::shared_ptr<const Calibration>> scaled;
  for (Case& measured : cases) {
    if (!measured.scenario) continue;
    auto& copy = scaled[measured.scenario->calibration.get()];
    if (copy == nullptr) copy = with_compute_scale(*measured.scenario, scale).calibration;
    measured.scenario->calibration = copy;
  }
}

FittedScale fit_compute_scale(std::span<const Case> cases, const Predictor& predict) {
  FittedScale fitted;
  std::vector<const Case*> used;
  for (const Case& measured : cases)
    if (time_direction(measured.run.metric) != 0 && score(measured, predict).error) {
      used.push_back(&measured);
      fitted.runs.push_back(measured.run.run);
    }
  if (used.empty()) refuse("no row of it has a time that can be predicted");
  // One copy of the calibration a case, whose scale the search then changes.
  std::vector<Scenario> scenarios;
  std::vector<std::shared_ptr<Calibration>> scaled;
  for (const Case* measured : used) {
    scaled.push_back(std::make_shared<Calibration>(*measured->scenario->calibration));
    scenarios.push_back(*measured->scenario);
    scenarios.back().calibration = scaled.back();
  }
  const auto mean_log_ratio = [&](double scale) {
    double sum = 0;
    for (std::size_t i = 0; i < used.size(); ++i) {
      scaled[i]->compute_scale = scale;
      sum += time_direction(used[i]->run.metric) * log_ratio(*used[i], scenarios[i], predict);
    }
    return sum / static_cast<double>(used.size());
  };
  const Root root = find_root(mean_log_ratio, kSmallestScale, kLargestScale);
  if (!root.at) refuse("no compute scale between 1e-4 and 1e4 meets its rows");
  fitted.scale = *root.at;
  return fitted;
}

Explanation explain(const Case& measured, const Unknown& unknown, const Predictor& predict) {
  const ScoredRun as_it_is = score(measured, predict);
  Explanation explanation{.run = measured.run.run, .measured = as_it_is.measured, .reason = as_it_is.reason};
  if (!as_it_is.error) return explanation;
  const auto ratio = [&](double value) { return log_ratio(measured, with_unknown(*measured.scenario, unknown, value), predict); };
  const Root root = find_root(ratio, unknown.low, unknown.high);
  explanation.value = root.at;
  explanation.predicted_at_low = measured.run.value * std::exp(root.at_low);
  explanation.predicted_at_high = measured.run.value * std::exp(root.at_high);
  if (!root.at) explanation.reason = "no value of the range gives the measurement";
  return explanation;
}

}  // namespace forerun
