#include "validation/calibration_fit.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/normal.hpp"
#include "io/format.hpp"
#include "validation/fit_rows.hpp"
#include "validation/identify.hpp"
#include "validation/least_squares.hpp"

namespace forerun {
namespace {

constexpr double kLeastNoise = 0.002;
constexpr int kRowsForOneUnknown = 3;

struct Candidate {
  const Fittable* property = nullptr;
  double published = 0;
};

std::vector<Candidate> candidates(const FitRows& rows, const FitRequest& request) {
  std::vector<Candidate> out;
  Problems problems;
  for (const Fittable* property : request.unknowns) {
    const auto add = [&] {
      if (const auto value = rows.published(*property))
        out.push_back({property, *value});
      else if (request.wish == Wish::named)
        problems.add(problem(place_of(*rows.used().front()), "belongs to a machine without " + property->name));
    };
    if (request.wish == Wish::named) {
      problems.collect(add);
      continue;
    }
    Problems passed_over;
    passed_over.collect(add);
  }
  if (request.wish == Wish::named && out.size() >= rows.used().size())
    problems.add(Problem{
        .file = request.file,
        .what = format("has {} usable rows for {} unknowns, and a fit takes more rows than unknowns", rows.used().size(), out.size())});
  if (out.empty() && problems.empty())
    problems.add(Problem{.file = request.file, .what = "has rows that tell nothing that could be fitted"});
  problems.throw_if_any();
  return out;
}

LeastSquaresFit solve(FitRows& rows, std::span<const Candidate> unknowns) {
  const auto count = static_cast<Eigen::Index>(unknowns.size());
  LeastSquaresProblem problem{.prior = Eigen::VectorXd(count),
                              .spread = Eigen::VectorXd(count),
                              .low = Eigen::VectorXd(count),
                              .high = Eigen::VectorXd(count),
                              .least_noise = kLeastNoise};
  std::vector<const Fittable*> properties;
  for (Eigen::Index k = 0; k < count; ++k) {
    const Candidate& unknown = unknowns[static_cast<std::size_t>(k)];
    properties.push_back(unknown.property);
    problem.prior[k] = std::log(unknown.published);
    problem.spread[k] = unknown.property->spread;
    problem.low[k] = std::log(std::min(unknown.property->low, unknown.published));
    problem.high[k] = std::log(std::max(unknown.property->high, unknown.published));
  }
  rows.restore();
  problem.residuals = [&](const Eigen::VectorXd& logs) { return rows.residuals(properties, logs); };
  LeastSquaresFit fit = least_squares(problem);
  rows.residuals(properties, fit.at);
  return fit;
}

FittedProperty fitted(const Candidate& unknown, double log_value, double deviation, double freedom) {
  const Fittable& property = *unknown.property;
  const double half = student_t90(freedom) * deviation;
  FittedProperty out{.name = property.name, .published = unknown.published, .value = std::exp(log_value)};
  out.p10 = std::max(out.value * std::exp(-half), std::min(out.value, property.low));
  out.p90 = std::min(out.value * std::exp(half), std::max(out.value, property.high));
  constexpr double kAtBound = 1e-6;
  if (log_value <= std::log(property.low) + kAtBound) out.why = "ended at its lower bound";
  if (log_value >= std::log(property.high) - kAtBound) out.why = "ended at its upper bound";
  return out;
}

FittedProperty kept(const Candidate& unknown, std::string why) {
  const double half = kNormal90 * unknown.property->spread;
  return {.name = unknown.property->name,
          .standing = Standing::kept,
          .published = unknown.published,
          .value = unknown.published,
          .p10 = std::max(unknown.published * std::exp(-half), std::min(unknown.published, unknown.property->low)),
          .p90 = std::min(unknown.published * std::exp(half), std::max(unknown.published, unknown.property->high)),
          .why = std::move(why)};
}

std::size_t most_unknowns(Wish wish, std::size_t rows) {
  return wish == Wish::by_default ? std::max<std::size_t>(1, rows / kRowsForOneUnknown) : rows - 1;
}

/// Figures that were fitted say so where they said their source before.
void name_sources(Calibration& calibration, const FitRecord& record) {
  for (const FittedProperty& property : record.properties) {
    const auto known = std::ranges::find(fittables(), property.name, &Fittable::name);
    if (property.standing == Standing::kept || known->owner != Owner::gpu) continue;
    for (const std::string& figure : known->figures) {
      const auto source = std::ranges::find(calibration.gpu_sources, figure, &GpuSource::figure);
      const std::string before = source == calibration.gpu_sources.end() ? "assumed" : source->source;
      if (source != calibration.gpu_sources.end()) calibration.gpu_sources.erase(source);
      calibration.gpu_sources.push_back({figure,
                                         format("fitted to {} rows of {}, {} [{:.4g}, {:.4g}]; before, {:.4g}: {}", record.rows.size(),
                                                record.file, property.name, property.p10, property.p90, property.published, before),
                                         log_deviation(property.p10, property.p90), "P10 to P90 of the fit"});
    }
  }
}

/// The properties that the rows tell, solved for; the others go into the record as kept.
LeastSquaresFit solve_for_told(FitRows& rows, std::vector<Candidate>& unknowns, std::size_t most, FitRecord& record) {
  for (;;) {
    const LeastSquaresFit fit = solve(rows, unknowns);
    std::vector<std::string> names;
    std::vector<double> spreads;
    for (const Candidate& unknown : unknowns) names.push_back(unknown.property->name), spreads.push_back(unknown.property->spread);
    const std::optional<Untold> untold = least_told(fit, names, spreads, unknowns.size() > most ? Told::fewer : Told::enough);
    if (!untold) {
      for (const std::string& warning : told_together(fit, names, spreads)) record.warnings.push_back(warning);
      return fit;
    }
    const auto dropped = unknowns.begin() + static_cast<std::ptrdiff_t>(untold->index);
    if (rows.has(*dropped->property)) {
      record.properties.push_back(kept(*dropped, untold->why));
      record.warnings.push_back(format("{} is kept at {:.4g}: {}", names[untold->index], dropped->published, untold->why));
    } else {
      record.warnings.push_back(format("{} is none as before: {}", names[untold->index], untold->why));
    }
    unknowns.erase(dropped);
    if (unknowns.empty())
      throw BadInput(Problem{.file = record.file, .what = "tells none of what was to be fitted: " + record.warnings.back()});
  }
}

}  // namespace

Calibration fit_calibration(std::span<const Case> cases, const FitRequest& request, const Predictor& predict) {
  FitRows rows(cases, request.file, predict);
  std::vector<Candidate> unknowns = candidates(rows, request);
  FitRecord record{.file = request.file, .warnings = rows.warnings()};
  const LeastSquaresFit fit = solve_for_told(rows, unknowns, most_unknowns(request.wish, rows.used().size()), record);
  const Scenario& first = *rows.used().front()->scenario;
  for (std::size_t k = 0; k < unknowns.size(); ++k) {
    const auto at = static_cast<Eigen::Index>(k);
    record.properties.push_back(fitted(unknowns[k], fit.at[at], std::sqrt(fit.covariance(at, at)), fit.freedom));
    if (unknowns[k].property->owner != Owner::platform) continue;
    record.platform = first.platform.name;
    record.settings.push_back(setting_text(*unknowns[k].property, record.properties.back().value));
  }
  for (const Case* measured : rows.used()) record.rows.push_back({measured->run.run, row_hash(measured->run)});
  record.base = first.calibration->name;
  record.noise = fit.noise;
  Calibration calibration = rows.calibration();
  calibration.origin = std::max(calibration.origin, Origin::fitted);
  name_sources(calibration, record);
  calibration.fit = std::move(record);
  return calibration;
}

}  // namespace forerun
