#include "cli/whatif_figures.hpp"

#include <algorithm>
#include <limits>

#include "costs/whole_run.hpp"

namespace forerun {
namespace {

constexpr double kMillion = 1e6;

template <class T>
Ranged<T> times(const Ranged<T>& ranged, double factor) {
  const auto scaled = [factor](const std::optional<T>& value) { return value ? std::optional(factor * *value) : std::nullopt; };
  return {factor * ranged.value, scaled(ranged.p10), scaled(ranged.p90)};
}

std::optional<Dollars> dollars(const WhatIfRow& row, const std::optional<Seconds>& time) {
  return time ? run_cost(row.read.scenario.platform, row.read.scenario.run.market, *time) : std::nullopt;
}

/// What rows are ordered by.
double figure(const WhatIfRow& row, Basis basis) {
  const auto cost = cost_of(row, basis);
  return cost ? cost->value.value() : std::numeric_limits<double>::infinity();
}

}  // namespace

bool takes_the_same(const Scenario& a, const Scenario& b) {
  if (a.calibration != b.calibration || a.plan != b.plan) return false;
  Platform platform = a.platform;
  platform.price = b.platform.price;
  Run run = a.run;
  run.market = b.run.market;
  return platform == b.platform && run == b.run && a.strategy == b.strategy && a.input == b.input && a.workload == b.workload;
}

Basis basis_of(const WhatIf& whatif) {
  const auto all = [&](auto holds) { return std::ranges::all_of(whatif.rows, holds); };
  if (all([](const WhatIfRow& row) { return row.prediction.total_time.has_value(); })) return Basis::run;
  if (all([](const WhatIfRow& row) { return row.read.scenario.workload.batch > 0; })) return Basis::million_samples;
  return Basis::step;
}

Ranged<Seconds> time_of(const WhatIfRow& row, Basis basis) {
  const Prediction& prediction = row.prediction;
  if (basis == Basis::run) return {*prediction.total_time, prediction.total_time_p10, prediction.total_time_p90};
  const Ranged<Seconds> step{*prediction.step_time, prediction.step_time_p10, prediction.step_time_p90};
  return basis == Basis::step ? step : times(step, kMillion / static_cast<double>(row.read.scenario.workload.batch));
}

std::optional<Ranged<Dollars>> cost_of(const WhatIfRow& row, Basis basis) {
  const Ranged<Seconds> time = time_of(row, basis);
  const auto cost = dollars(row, time.value);
  if (!cost) return std::nullopt;
  return Ranged<Dollars>{*cost, dollars(row, time.p10), dollars(row, time.p90)};
}

Ranged<double> time_ratio(const WhatIfRow& row, const WhatIfRow& baseline, Basis basis) {
  const double ratio = time_of(row, basis).value / time_of(baseline, basis).value;
  const Scenario &scenario = row.read.scenario, &here = baseline.read.scenario;
  if (takes_the_same(scenario, here)) return {ratio, ratio, ratio};
  const bool one = scenario.calibration->name == here.calibration->name && scenario.platform.processor == here.platform.processor;
  const auto interval = ratio_interval(row.samples, baseline.samples, one ? Causes::shared : Causes::apart);
  if (!interval) return {ratio, std::nullopt, std::nullopt};
  return {ratio, ratio * interval->p10, ratio * interval->p90};
}

std::optional<Ranged<double>> cost_ratio(const WhatIfRow& row, const WhatIfRow& baseline, Basis basis) {
  const auto cost = cost_of(row, basis), here = cost_of(baseline, basis);
  if (!cost || !here) return std::nullopt;
  const Ranged<double> time = time_ratio(row, baseline, basis);
  return times(time, cost->value / here->value / time.value);
}

std::vector<bool> front_of(const WhatIf& whatif) {
  const Basis basis = basis_of(whatif);
  std::vector<bool> front;
  for (const WhatIfRow& row : whatif.rows) {
    const double time = time_of(row, basis).value.value(), cost = figure(row, basis);
    front.push_back(std::ranges::none_of(whatif.rows, [&](const WhatIfRow& other) {
      const double its_time = time_of(other, basis).value.value(), its_cost = figure(other, basis);
      return its_time <= time && its_cost <= cost && (its_time < time || its_cost < cost);
    }));
  }
  return front;
}

Keeps keeps(const Ranged<Seconds>& time, Seconds deadline) {
  if (time.p90.value_or(time.value) <= deadline) return Keeps::yes;
  return time.p10.value_or(time.value) <= deadline ? Keeps::perhaps : Keeps::no;
}

std::string_view to_string(Keeps answer) {
  switch (answer) {
    case Keeps::yes: return "yes";
    case Keeps::perhaps: return "perhaps";
    case Keeps::no: break;
  }
  return "no";
}

std::optional<std::size_t> best_within(const WhatIf& whatif) {
  const Basis basis = basis_of(whatif);
  std::optional<std::size_t> best;
  const auto rank = [&](std::size_t index) {
    const WhatIfRow& row = whatif.rows[index];
    const Ranged<Seconds> time = time_of(row, basis);
    const bool surely = !whatif.deadline || keeps(time, *whatif.deadline) == Keeps::yes;
    return std::tuple(!surely, figure(row, basis), time.value.value());
  };
  for (std::size_t i = 0; i < whatif.rows.size(); ++i) {
    if (whatif.deadline && time_of(whatif.rows[i], basis).value > *whatif.deadline) continue;
    if (!best || rank(i) < rank(*best)) best = i;
  }
  return best;
}

void order(WhatIf& whatif) {
  const Basis basis = basis_of(whatif);
  std::stable_sort(whatif.rows.begin() + 1, whatif.rows.end(), [&](const WhatIfRow& a, const WhatIfRow& b) {
    return std::pair(figure(a, basis), time_of(a, basis).value.value()) < std::pair(figure(b, basis), time_of(b, basis).value.value());
  });
}

}  // namespace forerun
