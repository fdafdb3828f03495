#include "costs/limits.hpp"

#include <catch2/catch.hpp>

using namespace forerun;

namespace {

Scenario cluster() {
  Scenario scenario;
  scenario.strategy.data = 16;
  scenario.platform.nodes = 2;
  scenario.platform.devices_per_node = 8;
  scenario.platform.intra_node = {BytesPerSecond(1e11), Seconds(1e-6)};
  scenario.platform.inter_node = {BytesPerSecond(1e10), Seconds(1e-5)};
  scenario.platform.loader_rate = 300;
  scenario.platform.host_link = BytesPerSecond(2e10);
  scenario.platform.collective_overhead = Seconds(2e-6);
  Calibration calibration;
  GpuModel gpu;
  gpu.peak[Precision::fp32] = FlopsPerSecond(1e12);
  gpu.vector_peak = FlopsPerSecond(1e11);
  gpu.bandwidth = BytesPerSecond(1e12);
  gpu.kernel_fixed = Seconds(1e-6);
  gpu.host_issue = Seconds(1e-5);
  calibration.gpu = gpu;
  scenario.calibration = std::make_shared<const Calibration>(calibration);
  return scenario;
}

Prediction of(Seconds step) {
  Prediction prediction;
  prediction.step_time = step;
  return prediction;
}

double elasticity(const std::vector<Limit>& limits, Rate rate) {
  for (const Limit& limit : limits)
    if (limit.rate == rate) return limit.elasticity;
  return 0;
}

}  // namespace

TEST_CASE("a step is limited by each of its terms as much as the term is of it") {
  const auto predict = [](const Scenario& s) {
    const GpuModel& gpu = *s.calibration->gpu;
    return of(Flops(5e11) / gpu.peak[Precision::fp32] + Bytes(2e11) / gpu.bandwidth + Bytes(2e9) / s.platform.inter_node.bandwidth +
              1e4 * s.platform.inter_node.latency);
  };
  const std::vector<Limit> limits = step_limits(cluster(), Seconds(1), predict);
  REQUIRE(limits.size() == 4);
  CHECK(limits.front().rate == Rate::products);
  CHECK(limits.front().elasticity == Approx(0.5).epsilon(0.01));
  CHECK(elasticity(limits, Rate::memory_bandwidth) == Approx(0.2).epsilon(0.01));
  CHECK(elasticity(limits, Rate::inter_node_bandwidth) == Approx(0.2).epsilon(0.01));
  CHECK(limits.back().rate == Rate::inter_node_latency);
  CHECK(limits.back().elasticity == Approx(0.1).epsilon(0.01));
}

TEST_CASE("what is hidden limits nothing, and what a step must wait for all of it") {
  const auto predict = [](const Scenario& s) {
    return of(std::max(Flops(1e12) / s.calibration->gpu->peak[Precision::fp32], Bytes(5e11) / s.calibration->gpu->bandwidth));
  };
  const std::vector<Limit> limits = step_limits(cluster(), Seconds(1), predict);
  REQUIRE(limits.size() == 1);
  CHECK(limits.front().rate == Rate::products);
  CHECK(limits.front().elasticity == Approx(1));
}

TEST_CASE("every rate gets better, and nothing else changes") {
  const Scenario was = cluster();
  const GpuModel& old = *was.calibration->gpu;
  const auto better = [&](Rate rate) { return with_better(was, rate, 2).value(); };
  CHECK(better(Rate::products).calibration->gpu->peak[Precision::fp32] == 2 * old.peak[Precision::fp32]);
  CHECK(better(Rate::vector_arithmetic).calibration->gpu->vector_peak == 2 * old.vector_peak);
  CHECK(better(Rate::memory_bandwidth).calibration->gpu->bandwidth == 2 * old.bandwidth);
  CHECK(better(Rate::kernel_start).calibration->gpu->kernel_fixed == old.kernel_fixed / 2);
  CHECK(better(Rate::host_issue).calibration->gpu->host_issue == old.host_issue / 2);
  CHECK(better(Rate::intra_node_bandwidth).platform.intra_node.bandwidth == BytesPerSecond(2e11));
  CHECK(better(Rate::intra_node_latency).platform.intra_node.latency == Seconds(5e-7));
  CHECK(better(Rate::inter_node_bandwidth).platform.inter_node.bandwidth == BytesPerSecond(2e10));
  CHECK(better(Rate::inter_node_latency).platform.inter_node.latency == Seconds(5e-6));
  CHECK(better(Rate::input).platform.loader_rate == 600);
  CHECK(better(Rate::host_link).platform.host_link == BytesPerSecond(4e10));
  CHECK(better(Rate::library_latency).platform.collective_overhead == Seconds(1e-6));
  CHECK(better(Rate::library_latency).platform.library_speed.messages == 2);
  CHECK(better(Rate::library_protocols).platform.library_speed.protocols == 2);
  CHECK(better(Rate::inter_node_latency).calibration == was.calibration);
  CHECK(better(Rate::products).platform == was.platform);
}

TEST_CASE("a CPU's fitted models and measured collectives get better too") {
  Scenario was = cluster();
  Calibration calibration;
  calibration.kernel_models.push_back({.overhead = Seconds(1e-6), .rate = FlopsPerSecond(1e9), .bandwidth = BytesPerSecond(1e8)});
  calibration.all_reduce_models.push_back({2, {0}, {0}});
  calibration.collectives.push_back({"all-gather", 2, Bytes(8), Seconds(3), Seconds(3), Seconds(3)});
  was.calibration = std::make_shared<const Calibration>(calibration);
  was.platform.intra_node = {};
  const auto better = [&](Rate rate) { return *with_better(was, rate, 2)->calibration; };
  CHECK(better(Rate::products).kernel_models[0].rate == FlopsPerSecond(2e9));
  CHECK(better(Rate::memory_bandwidth).kernel_models[0].bandwidth == BytesPerSecond(2e8));
  CHECK(better(Rate::kernel_start).kernel_models[0].overhead == Seconds(5e-7));
  CHECK(better(Rate::measured_collectives).all_reduce_models[0].log_seconds[0] == Approx(-std::log(2.0)));
  CHECK(better(Rate::measured_collectives).collectives[0].median == Seconds(1.5));
  CHECK_FALSE(with_better(was, Rate::host_issue, 2));
  CHECK_FALSE(with_better(was, Rate::vector_arithmetic, 2));
}

TEST_CASE("the host of a GPU that was measured issues every operator faster") {
  Scenario was = cluster();
  Calibration calibration;
  calibration.measured_gpu = MeasuredGpu{.issue = Seconds(2), .issues = {{.time = Seconds(4)}, {.pass = Pass::update, .time = Seconds(6)}}};
  was.calibration = std::make_shared<const Calibration>(calibration);
  const MeasuredGpu better = *with_better(was, Rate::host_issue, 2)->calibration->measured_gpu;
  CHECK(better.issue == Seconds(1));
  CHECK(better.issues[0].time == Seconds(2));
  CHECK(better.issues[1].time == Seconds(3));
  CHECK_FALSE(with_better(was, Rate::vector_arithmetic, 2));
}

TEST_CASE("a rate that the scenario has not cannot limit it") {
  Scenario one = cluster();
  one.strategy.data = 1;
  for (const Rate rate : {Rate::intra_node_bandwidth, Rate::intra_node_latency, Rate::inter_node_bandwidth, Rate::inter_node_latency,
                          Rate::library_latency, Rate::library_protocols, Rate::measured_collectives})
    CHECK_FALSE(with_better(one, rate, 2));
  Scenario node = cluster();
  node.platform.nodes = 1;
  CHECK_FALSE(with_better(node, Rate::inter_node_bandwidth, 2));
  CHECK(with_better(node, Rate::intra_node_bandwidth, 2));
}

TEST_CASE("a faster link carries more both ways") {
  Scenario scenario = cluster();
  scenario.platform.ingress = BytesPerSecond(4e10);
  CHECK(with_better(scenario, Rate::inter_node_bandwidth, 2)->platform.ingress == BytesPerSecond(8e10));
}

TEST_CASE("one sentence tells the limits down to a twentieth") {
  CHECK(limits_sentence({{Rate::products, 0.6}, {Rate::memory_bandwidth, 0.3}, {Rate::host_issue, 0.06}, {Rate::kernel_start, 0.04}}) ==
        "the step is 60.0 % limited by matrix products, 30.0 % by device memory's bandwidth and 6.0 % by the host's issue of kernels");
  CHECK(limits_sentence({}) == "nothing known here limits the step: its times were given");
}
