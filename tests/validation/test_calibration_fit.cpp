#include <catch2/catch.hpp>
#include <cmath>

#include "costs/calibration_file.hpp"
#include "validation/calibration_fit.hpp"

using namespace forerun;

namespace {

const Calibration& base() {
  static const Calibration h100 = *load_calibration({"h100", "--calibration", 0, 0, ""});
  return h100;
}

/// step = batch ms of products + length ms of streaming + nodes ms of the link, each at its rate; of the host 1 ms at 10 us a kernel.
Prediction toy(const Scenario& scenario) {
  const GpuModel& gpu = *scenario.calibration->gpu;
  Prediction prediction;
  prediction.engine = "toy";
  const Workload& w = scenario.workload;
  const double step = 1e-3 * (static_cast<double>(w.batch) / gpu.sustained_share + static_cast<double>(w.samples) / gpu.streaming_share +
                              scenario.platform.nodes / scenario.platform.inter_node_share);
  prediction.step_time = Seconds(scenario.calibration->compute_scale * step);
  prediction.throughput_samples_per_s = 1 / step;
  return prediction;
}

Scenario scenario_of(int batch, int samples, int nodes) {
  Scenario scenario;
  scenario.workload.batch = batch;
  scenario.workload.samples = samples;
  scenario.platform.name = "toys";
  scenario.platform.nodes = nodes;
  scenario.platform.inter_node = {BytesPerSecond(1e9), Seconds(1e-5)};
  scenario.platform.inter_node_share = 0.8;
  static const auto calibration = std::make_shared<const Calibration>(base());
  scenario.calibration = calibration;
  return scenario;
}

/// The truth that rows are made of: products at 0.7, streaming at 0.6, links at 0.5.
Case made(const std::string& name, int batch, int samples, int nodes, double error = 0) {
  Scenario truth = scenario_of(batch, samples, nodes);
  Calibration changed = base();
  changed.gpu->sustained_share = 0.7;
  changed.gpu->streaming_share = 0.6;
  truth.platform.inter_node_share = 0.5;
  truth.calibration = std::make_shared<Calibration>(changed);
  Case out;
  out.run.run = name;
  out.run.group = "g";
  out.run.workload = {"w" + std::to_string(batch), "runs.csv", static_cast<int>(name.front() - 'a') + 2, 5, "workload"};
  out.run.value = toy(truth).step_time->value() * std::exp(error);
  out.run.settings = {{name}};
  out.scenario = scenario_of(batch, samples, nodes);
  return out;
}

std::vector<Case> varied(double error = 0) {
  return {made("a", 100, 1, 2, error),   made("b", 1, 100, 2, -error), made("c", 1, 1, 90, error), made("d", 50, 50, 2, -error),
          made("e", 10, 80, 40, -error), made("f", 80, 10, 40, error), made("h", 7, 60, 3, error), made("i", 60, 9, 4, -error)};
}

FitRequest ask(const std::string& names) {
  return {.unknowns = parse_fittables({names, "--unknowns", 0, 0, ""}), .wish = Wish::named, .file = "runs.csv"};
}

const FittedProperty& property(const Calibration& calibration, const std::string& name) {
  const auto found = std::ranges::find(calibration.fit->properties, name, &FittedProperty::name);
  REQUIRE(found != calibration.fit->properties.end());
  return *found;
}

std::string complaint(const std::vector<Case>& cases, const FitRequest& request) {
  try {
    fit_calibration(cases, request, toy);
  } catch (const BadInput& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("constants that rows were made with are found again inside their intervals") {
  const Calibration fitted = fit_calibration(varied(0.01), ask("product-rate,memory-rate,link-share"), toy);
  const std::vector<std::pair<std::string, double>> truth{{"product-rate", 0.7}, {"memory-rate", 0.6}, {"link-share", 0.5}};
  for (const auto& [name, value] : truth) {
    const FittedProperty& found = property(fitted, name);
    INFO(name << " " << found.p10 << " " << found.value << " " << found.p90);
    CHECK(found.standing == Standing::fitted);
    CHECK(found.p10 <= value);
    CHECK(found.p90 >= value);
    CHECK(found.value == Approx(value).epsilon(0.03));
    CHECK(found.p90 / found.p10 < 1.15);
  }
  CHECK(fitted.gpu->sustained_share == property(fitted, "product-rate").value);
  CHECK(fitted.gpu->streaming_share == property(fitted, "memory-rate").value);
}

TEST_CASE("rows without noise give the constants themselves") {
  const Calibration fitted = fit_calibration(varied(), ask("product-rate,memory-rate,link-share"), toy);
  CHECK(property(fitted, "product-rate").value == Approx(0.7).epsilon(1e-3));
  CHECK(property(fitted, "memory-rate").value == Approx(0.6).epsilon(1e-3));
  CHECK(property(fitted, "link-share").value == Approx(0.5).epsilon(1e-3));
}

TEST_CASE("rates are taken the other way round than times") {
  std::vector<Case> cases = varied();
  for (Case& measured : cases) measured.run.metric = "throughput_samples_per_s", measured.run.value = 1 / measured.run.value;
  CHECK(property(fit_calibration(cases, ask("product-rate,memory-rate,link-share"), toy), "product-rate").value ==
        Approx(0.7).epsilon(1e-3));
}

TEST_CASE("a fit records its rows, its base and what was free") {
  const std::vector<Case> cases = varied();
  const Calibration fitted = fit_calibration(cases, ask("product-rate,memory-rate,link-share"), toy);
  CHECK(fitted.fit->base == "h100");
  CHECK(fitted.fit->file == "runs.csv");
  CHECK(fitted.fit->rows.size() == cases.size());
  CHECK(fitted.fit->rows[0] == FittedRow{"a", row_hash(cases[0].run)});
  CHECK(fitted.fit->platform == "toys");
  REQUIRE(fitted.fit->settings.size() == 1);
  CHECK(fitted.fit->settings[0].find("link-share=0.") == 0);
  const auto source = std::ranges::find(fitted.gpu_sources, "sustained-share", &GpuSource::figure);
  CHECK(source->source.find("fitted to 8 rows of runs.csv, product-rate [0.") == 0);
  const FittedProperty& rate = property(fitted, "product-rate");
  CHECK(source->spread == Approx(std::log(rate.p90 / rate.p10) / 2.563103));
  CHECK(read_calibration_text(calibration_json(fitted), "again").fit == fitted.fit);
}

TEST_CASE("a fitted calibration is of the weakest origin that its figures have") {
  const FitRequest request = ask("product-rate,memory-rate,link-share");
  CHECK(fit_calibration(varied(), request, toy).origin == Origin::published);
  auto measured_device = std::make_shared<Calibration>(base());
  measured_device->origin = Origin::measured;
  std::vector<Case> cases = varied();
  for (Case& measured : cases) measured.scenario->calibration = measured_device;
  CHECK(fit_calibration(cases, request, toy).origin == Origin::fitted);
}

TEST_CASE("a fit never scores its own rows, whatever they are called") {
  std::vector<Case> cases = varied();
  const auto fitted = std::make_shared<const Calibration>(fit_calibration(cases, ask("product-rate,memory-rate,link-share"), toy));
  for (Case& measured : cases) {
    measured.run.run += "-again";
    measured.scenario->calibration = fitted;
    const ScoredRun row = score(measured, toy);
    CHECK_FALSE(row.error);
    CHECK(row.reason == "calibration h100 was fitted to it");
  }
  Case other = made("z", 33, 21, 5);
  other.scenario->calibration = fitted;
  CHECK(score(other, toy).error);
}

TEST_CASE("rows in which two properties always go together keep one as published and name the pair") {
  std::vector<Case> cases;
  for (int i = 1; i <= 6; ++i) cases.push_back(made(std::string(1, static_cast<char>('a' + i)), 100 * i, 100 * i, 1, i % 2 ? 0.01 : -0.01));
  const Calibration fitted = fit_calibration(cases, ask("product-rate,memory-rate"), toy);
  const int kept =
      (property(fitted, "product-rate").standing == Standing::kept) + (property(fitted, "memory-rate").standing == Standing::kept);
  CHECK(kept == 1);
  const FittedProperty& held = fitted.fit->properties.front();
  CHECK(held.standing == Standing::kept);
  CHECK(held.value == held.published);
  CHECK(held.why.find("the rows cannot tell it from ") == 0);
  REQUIRE(fitted.fit->warnings.size() == 1);
  CHECK(fitted.fit->warnings[0].find(held.name + " is kept at ") == 0);
}

TEST_CASE("a property that the rows hardly depend on is kept") {
  std::vector<Case> cases{made("a", 100, 1, 1, 0.01), made("b", 200, 1, 1, -0.01), made("c", 50, 1, 1, 0.01)};
  const Calibration fitted = fit_calibration(cases, ask("product-rate,memory-rate"), toy);
  CHECK(property(fitted, "memory-rate").standing == Standing::kept);
  CHECK(property(fitted, "memory-rate").why.find("the rows narrow its spread by ") == 0);
  CHECK(property(fitted, "product-rate").value == Approx(0.7).epsilon(0.05));
}

TEST_CASE("of the usual properties no more than one for three rows is fitted, and what the machines have not is passed over") {
  FitRequest request{.file = "runs.csv"};
  for (const Fittable& each : fittables())
    if (each.by_default) request.unknowns.push_back(&each);
  const Calibration fitted = fit_calibration(varied(0.01), request, toy);
  CHECK(std::ranges::count(fitted.fit->properties, Standing::fitted, &FittedProperty::standing) <= 2);
  CHECK(std::ranges::find(fitted.fit->properties, "compute-scale", &FittedProperty::name) == fitted.fit->properties.end());
}

TEST_CASE("rows that cannot be scored are left out by name") {
  std::vector<Case> cases = varied();
  cases[1].run.status = RunStatus::oom;
  cases[2].run.metric = "memory_per_device_bytes";
  const Calibration fitted = fit_calibration(cases, ask("product-rate,memory-rate"), toy);
  CHECK(fitted.fit->rows.size() == 6);
  CHECK(fitted.fit->warnings[0] == "row b is left out: the run ended as oom");
  CHECK(fitted.fit->warnings[1].find("row c is left out: ") == 0);
}

TEST_CASE("too few rows, rows of two calibrations and unknowns that are none are refused where they stand") {
  CHECK(complaint({}, ask("product-rate")) == "runs.csv: has 0 usable rows to fit to, and a fit takes two or more");
  CHECK(complaint({made("a", 1, 2, 3)}, ask("product-rate")) == "runs.csv: has 1 usable row to fit to, and a fit takes two or more");
  const std::vector<Case> two{made("a", 1, 2, 3), made("b", 3, 2, 1)};
  CHECK(complaint(two, ask("product-rate,memory-rate")).find("runs.csv: has 2 usable rows for 2 unknowns") == 0);
  std::vector<Case> mixed{made("a", 1, 2, 3), made("b", 3, 2, 1)};
  auto other = std::make_shared<Calibration>(base());
  other->name = "a100-80gb";
  mixed[1].scenario->calibration = other;
  CHECK(complaint(mixed, ask("product-rate")).find("runs.csv:3:5: is of calibration a100-80gb, and one is fitted at a time (got b") == 0);
  CHECK(complaint(two, ask("compute-scale")).find("runs.csv:2:5: belongs to a machine without compute-scale") == 0);
}

TEST_CASE("links are fitted of one platform that is alike in all rows") {
  std::vector<Case> cases = varied();
  cases[3].scenario->platform.inter_node_share = 0.9;
  CHECK(complaint(cases, ask("link-share")).find("runs.csv:5:5: has another link-share than the rows before it") == 0);
  cases[3].scenario->platform.inter_node_share = 0.8;
  cases[3].scenario->platform.name = "other";
  CHECK(complaint(cases, ask("link-share")).find("runs.csv:5:5: is of platform other, and link-share is fitted of one") == 0);
}

TEST_CASE("rows of a scaled calibration keep its scale, and one of another scale is refused where it stands") {
  auto slower = std::make_shared<Calibration>(base());
  slower->compute_scale = 2;
  std::vector<Case> cases = varied();
  cases[2].scenario->calibration = slower;
  CHECK(complaint(cases, ask("product-rate")).find("runs.csv:4:5: has another calibration.compute-scale than the first row (got c") == 0);
  for (Case& measured : cases) {
    measured.scenario->calibration = slower;
    measured.run.value *= 2;
  }
  const Calibration fitted = fit_calibration(cases, ask("product-rate,memory-rate,link-share"), toy);
  CHECK(fitted.compute_scale == 2);
  CHECK(property(fitted, "product-rate").value == Approx(0.7).epsilon(1e-3));
}

TEST_CASE("what is no property is refused with the known ones") {
  const auto wrong = [](const std::string& names) {
    try {
      ask(names);
    } catch (const BadInput& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(wrong("product-rte").find("Did you mean product-rate?") != std::string::npos);
  CHECK(wrong("product-rate,product-rate").find("is named twice") != std::string::npos);
  CHECK(wrong("").find("names nothing to fit") != std::string::npos);
}

TEST_CASE("figures of one property keep their ratio") {
  const Fittable& attention = *parse_fittables({"attention-rate", "--unknowns", 0, 0, ""}).front();
  GpuModel gpu = *base().gpu;
  const GpuModel before = gpu;
  set_value(attention, before.flash_forward.channels_128 / 2, gpu);
  CHECK(gpu.flash_backward.channels_64 == Approx(before.flash_backward.channels_64 / 2));
  CHECK(gpu.flash_forward.channels_128 == before.flash_forward.channels_128 / 2);
}

TEST_CASE("every property that can be fitted is within its bounds on each published device that has it") {
  for (const char* name : {"a100-40gb", "a100-80gb", "h100", "h200", "gh200", "b200", "gb200", "v100", "p100", "k80", "t4",
                           "quadro-rtx-6000", "rtx-2080-ti"}) {
    Scenario scenario;
    scenario.calibration = load_calibration({name, "--calibration", 0, 0, ""});
    for (const Fittable& each : fittables()) {
      const std::optional<double> value = value_of(each, scenario);
      INFO(name << " " << each.name);
      CHECK(each.low < each.high);
      CHECK_FALSE(each.source.empty());
      if (value) CHECK((*value >= each.low && *value <= each.high));
    }
  }
}

TEST_CASE("a property that a calibration has none of is fitted from where the table begins, and is none where the rows do not tell it") {
  const auto update = [](const Scenario& scenario) {
    Prediction prediction = toy(scenario);
    prediction.step_time = *prediction.step_time + 60 * scenario.calibration->gpu->tensor_update;
    return prediction;
  };
  std::vector<Case> rows{made("a", 10, 1, 2), made("b", 20, 1, 2), made("c", 50, 1, 2), made("d", 100, 1, 2)};
  for (Case& row : rows) row.run.value = toy(*row.scenario).step_time->value() + 60 * 5e-4;
  FitRequest request = ask("tensor-update");
  CHECK(property(fit_calibration(rows, request, update), "tensor-update").value == Approx(5e-4).epsilon(0.05));
  request = ask("tensor-update,product-rate");
  for (Case& row : rows) row.run.value = toy(*row.scenario).step_time->value() / 0.9;
  const Calibration fitted = fit_calibration(rows, request, toy);
  CHECK(fitted.gpu->tensor_update == Seconds(0));
  CHECK(std::ranges::none_of(fitted.fit->properties, [](const FittedProperty& each) { return each.name == "tensor-update"; }));
}
