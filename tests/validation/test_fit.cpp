#include <catch2/catch.hpp>
#include <cmath>

#include "validation/fit.hpp"

using namespace forerun;

namespace {

/// step = compute scale x batch milliseconds + bytes over the link + its latency.
Prediction toy(const Scenario& scenario) {
  Prediction prediction;
  prediction.engine = "toy";
  const double step = 1e-3 * scenario.calibration->compute_scale * static_cast<double>(scenario.workload.batch) +
                      1e6 / scenario.platform.inter_node.bandwidth.value() + scenario.platform.inter_node.latency.value();
  prediction.step_time = Seconds(step);
  prediction.throughput_samples_per_s = static_cast<double>(scenario.workload.batch) / step;
  prediction.memory_per_device = Bytes(100);
  return prediction;
}

Case make_case(const std::string& name, std::int64_t batch, double value, double bandwidth = 1e30) {
  Case out;
  out.run.run = name;
  out.run.value = value;
  Scenario scenario;
  scenario.workload.batch = batch;
  scenario.platform.inter_node = {BytesPerSecond(bandwidth), Seconds(0)};
  scenario.calibration = std::make_shared<Calibration>();
  out.scenario = scenario;
  return out;
}

std::string complaint(const std::function<void()>& act) {
  try {
    act();
  } catch (const BadInput& error) {
    return error.what();
  }
  return "";
}

Unknown parse(const std::string& text) { return parse_unknown({text, "--solve", 0, 0, ""}); }

}  // namespace

TEST_CASE("a root is found by bisection on the logarithm, rising or falling") {
  CHECK(*find_root([](double x) { return x - 30; }, 1e-3, 1e9).at == Approx(30).epsilon(1e-9));
  CHECK(*find_root([](double x) { return 30 - x; }, 1e-3, 1e9).at == Approx(30).epsilon(1e-9));
  CHECK(*find_root([](double x) { return x - 2; }, 2, 5).at == 2);
  CHECK(*find_root([](double x) { return x - 5; }, 2, 5).at == 5);
}

TEST_CASE("without a root in the range the values at both ends are told") {
  const Root root = find_root([](double x) { return x; }, 2, 5);
  CHECK_FALSE(root.at);
  CHECK(root.at_low == 2);
  CHECK(root.at_high == 5);
}

TEST_CASE("one compute-bound row gives its host's scale exactly") {
  const std::vector<Case> cases{make_case("a", 100, 0.25)};
  const FittedScale fitted = fit_compute_scale(cases, toy);
  CHECK(fitted.scale == Approx(2.5).epsilon(1e-9));
  CHECK(fitted.runs == std::vector<std::string>{"a"});
}

TEST_CASE("of several rows the scale is their geometric mean: least squares on logarithms") {
  const std::vector<Case> cases{make_case("a", 100, 0.2), make_case("b", 10, 0.08)};
  CHECK(fit_compute_scale(cases, toy).scale == Approx(4).epsilon(1e-9));
}

TEST_CASE("a fit takes throughput the other way round, and leaves memory and failed runs out") {
  std::vector<Case> cases{make_case("a", 100, 500), make_case("b", 100, 1), make_case("c", 100, 7), make_case("d", 100, 0.8)};
  cases[0].run.metric = "throughput_samples_per_s";
  cases[1].run.metric = "memory_per_device_bytes";
  cases[2].run.status = RunStatus::failed;
  const FittedScale fitted = fit_compute_scale(cases, toy);
  // 500 samples/s are twice the time of 1,000; 0.8 s are eight times 0.1 s.
  CHECK(fitted.scale == Approx(4).epsilon(1e-9));
  CHECK(fitted.runs == std::vector<std::string>{"a", "d"});
}

TEST_CASE("a fit changes no calibration that it was given") {
  const std::vector<Case> cases{make_case("a", 100, 0.25)};
  fit_compute_scale(cases, toy);
  CHECK(cases[0].scenario->calibration->compute_scale == 1);
  CHECK(with_compute_scale(*cases[0].scenario, 3).calibration->compute_scale == 3);
}

TEST_CASE("a fit without a usable row, or out of range, is refused") {
  CHECK(complaint([] { fit_compute_scale({}, toy); }) == "--fit: no row of it has a time that can be predicted");
  const std::vector<Case> slow{make_case("a", 1, 1e9)};
  CHECK(complaint([&] { fit_compute_scale(slow, toy); }) == "--fit: no compute scale between 1e-4 and 1e4 meets its rows");
}

TEST_CASE("the bandwidth that explains a run is found") {
  const Case measured = make_case("a", 100, 0.1 + 1e6 / 5e7);
  const Explanation found = explain(measured, parse("platform.link-bandwidth=10Mbit/s..100Gbit/s"), toy);
  REQUIRE(found.value);
  CHECK(*found.value == Approx(5e7).epsilon(1e-6));
  CHECK(*found.predicted_at_low == Approx(0.1 + 0.8));
  CHECK(*found.predicted_at_high == Approx(0.1 + 1e6 / 12.5e9));
}

TEST_CASE("a latency explains a run too") {
  const Case measured = make_case("a", 100, 0.1 + 2e-3);
  CHECK(*explain(measured, parse("platform.link-latency=1us..1s"), toy).value == Approx(2e-3).epsilon(1e-6));
}

TEST_CASE("a run that no value of the range explains says so with the prediction at both ends") {
  const Explanation found = explain(make_case("a", 100, 0.05), parse("platform.link-bandwidth=10Mbit/s..100Gbit/s"), toy);
  CHECK_FALSE(found.value);
  CHECK(found.reason == "no value of the range gives the measurement");
  CHECK(*found.predicted_at_low == Approx(0.9));
}

TEST_CASE("a run that is not scored is not explained") {
  Case failed = make_case("a", 100, 0.2);
  failed.run.status = RunStatus::oom;
  const Explanation found = explain(failed, parse("platform.link-bandwidth=10Mbit/s..100Gbit/s"), toy);
  CHECK_FALSE(found.value);
  CHECK(found.reason == "the run ended as oom");
}

TEST_CASE("an unknown changes the quantity it names and nothing else") {
  Scenario scenario;
  scenario.platform.inter_node = {BytesPerSecond(1), Seconds(2)};
  scenario.platform.intra_node = {BytesPerSecond(3), Seconds(4)};
  const auto changed = [&](const std::string& text) { return with_unknown(scenario, parse(text), 9).platform; };
  CHECK(changed("platform.link-bandwidth=1kB/s..1GB/s").inter_node == Link{BytesPerSecond(9), Seconds(2)});
  CHECK(changed("platform.link-latency=1us..1s").inter_node == Link{BytesPerSecond(1), Seconds(9)});
  CHECK(changed("platform.intra-node-bandwidth=1kB/s..1GB/s").intra_node == Link{BytesPerSecond(9), Seconds(4)});
  CHECK(changed("platform.intra-node-latency=1us..1s").intra_node == Link{BytesPerSecond(3), Seconds(9)});
}

TEST_CASE("what is wrong with an unknown is said") {
  CHECK(complaint([] { parse("platform.link-bandwith=1kB/s..1GB/s"); }).find("Did you mean platform.link-bandwidth?") != std::string::npos);
  CHECK(complaint([] { parse("platform.link-bandwidth=1kB/s"); }).find("a range is needed") != std::string::npos);
  CHECK(complaint([] { parse("platform.link-bandwidth=1GB/s..1kB/s"); }).find("the range is empty") != std::string::npos);
  CHECK(complaint([] { parse("platform.link-bandwidth=1..1kB/s"); }).find("--solve: platform.link-bandwidth:") != std::string::npos);
  CHECK(complaint([] { parse("platform.link-latency"); }).find("a range is needed") != std::string::npos);
}
