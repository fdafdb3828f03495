#include "cli/calibrate_from.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "cli/calibration_figures.hpp"
#include "cli/cases.hpp"
#include "cli/engines.hpp"
#include "costs/calibration_file.hpp"
#include "io/atomic_file.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"
#include "validation/calibration_fit.hpp"
#include "validation/selection.hpp"

namespace forerun {
namespace fs = std::filesystem;
namespace {

std::vector<MeasuredRun> chosen_runs(const FromRuns& from) {
  const std::vector<MeasuredRun> all = read_measured_runs(from.runs);
  if (all.empty()) throw BadInput(Problem{.file = from.runs, .line = 1, .what = "holds no measured runs, only its head line"});
  const Split split = read_split(from.fit, "", all);
  std::vector<MeasuredRun> wanted;
  for (const MeasuredRun& run : all)
    if (!split.fit || split.fits(run)) wanted.push_back(run);
  if (from.rows.empty()) return wanted;
  const auto most = static_cast<std::int64_t>(wanted.size());
  return evenly(wanted, static_cast<std::size_t>(parse_integer({from.rows, "--rows", 0, 0, ""}, 1, most)));
}

FitRequest read_request(const FromRuns& from) {
  FitRequest request{.file = fs::path(from.runs).filename().string()};
  if (!from.unknowns.empty()) {
    request.wish = Wish::named;
    request.unknowns = parse_fittables({from.unknowns, "--unknowns", 0, 0, ""});
    return request;
  }
  for (const Fittable& property : fittables())
    if (property.by_default) request.unknowns.push_back(&property);
  return request;
}

Page fit_page(const Calibration& calibration) {
  const FitRecord& record = *calibration.fit;
  Json properties = Json::array();
  for (const FittedProperty& property : record.properties) {
    properties.push_back({{"property", property.name},
                          {"standing", property.standing == Standing::fitted ? "fitted" : "kept"},
                          {"value", property.value},
                          {"p10", property.p10},
                          {"p90", property.p90},
                          {"published", property.published},
                          {"why", property.why.empty() ? Json(nullptr) : Json(property.why)}});
  }
  Page page;
  page.text = forerun::format("calibration {}: ", calibration.name) + fit_record_text(record);
  page.document = {
      {"schema_version", 1},        {"name", calibration.name}, {"base", record.base},      {"origin", to_string(calibration.origin)},
      {"rows", record.rows.size()}, {"noise", record.noise},    {"properties", properties}, {"settings", record.settings},
      {"warnings", record.warnings}};
  page.rows = rows_of(properties, {"property", "standing", "value", "p10", "p90", "published", "why"});
  return page;
}

}  // namespace

void add_from_options(CLI::App& verb, FromRuns& from) {
  std::string names;
  for (const Fittable& property : fittables()) names += (names.empty() ? "" : ", ") + property.name;
  auto* runs = verb.add_option("--from", from.runs, "measured runs (a CSV as validate takes it) to fit a device or a link to");
  const auto belongs = [&](const char* option, std::string& to, const std::string& what) {
    verb.add_option(option, to, what)->needs(runs);
  };
  belongs("--fit", from.fit, "fit to these rows of them: group=G1,G2 or run=R1,R2");
  belongs("--rows", from.rows, "fit to so many of those, taken evenly in the order of the file");
  belongs("--unknowns", from.unknowns, "what to fit, of " + names + "; left out: what the rows tell of the usual ones");
  belongs("-c,--calibration", from.base, "the calibration to start from; the platform's own where none is given");
}

ExitCode calibrate_from(const FromRuns& from, const std::string& file, const OutputOptions& output, const Environment& environment) {
  if (file.empty()) throw BadInput(Problem{.file = "--output", .what = "is needed with --from: a file for the fitted calibration"});
  check_output(output);
  check_writable(file);
  Problems problems;
  FitRequest request;
  std::vector<Case> cases;
  problems.collect([&] { request = read_request(from); });
  problems.collect([&] { cases = read_cases(chosen_runs(from), from.base, environment); });
  problems.throw_if_any();
  Calibration calibration = fit_calibration(cases, request, predictor(Engine::oracle));
  const std::string name = fs::path(file).filename().string();
  calibration.name = name.substr(0, name.find('.'));
  calibration.date = iso_date(environment.now);
  write_file(file, calibration_json(calibration));
  for (const std::string& warning : calibration.fit->warnings) say("warning: " + warning);
  say("written: " + file);
  deliver(fit_page(calibration), output);
  return ExitCode::success;
}

}  // namespace forerun
