#include "validation/validation.hpp"

#include <algorithm>
#include <utility>

namespace forerun {

bool Validation::within_tolerance() const {
  if (!tolerance) return true;
  if (scored_rows(*this) == 0 || denied_rows(*this) > 0) return false;
  return std::ranges::none_of(groups, [&](const GroupScore& group) { return group.median_error && *group.median_error > *tolerance; });
}

std::int64_t scored_rows(const Validation& validation) {
  return std::ranges::count_if(validation.rows, [](const ScoredRun& row) { return row.error.has_value(); });
}

std::int64_t denied_rows(const Validation& validation) { return std::ranges::count(validation.rows, true, &ScoredRun::denied); }

void add_engine(const NamedEngine& engine, std::span<const Case> cases, const Split& split, Validation& validation) {
  std::vector<Case> fitted, scored;
  for (const Case& measured : cases) {
    if (split.fits(measured.run)) fitted.push_back(measured);
    if (split.scores(measured.run)) scored.push_back(measured);
  }
  if (split.fit && !validation.properties.empty()) {
    for (FittedRows& rows : fit_properties(fitted, scored, split.each, validation.properties, engine.fit ? engine.fit : engine.predict))
      validation.fitted_properties.push_back({engine.name, std::move(rows)});
  } else if (split.fit) {
    const FittedScale scale = fit_compute_scale(fitted, engine.predict);
    validation.fitted.push_back({engine.name, scale});
    rescale(scored, scale.scale);
  }
  for (const Case& measured : scored) {
    validation.rows.push_back(score(measured, engine.with_interval));
    validation.rows.back().engine = engine.name;
    if (!validation.unknown) continue;
    validation.explanations.push_back(explain(measured, *validation.unknown, engine.predict));
    validation.explanations.back().engine = engine.name;
  }
}

void sum_up(Validation& validation) {
  validation.groups = score_groups(validation.rows, validation.by);
  validation.orders = strategy_order(validation.rows);
}

}  // namespace forerun
