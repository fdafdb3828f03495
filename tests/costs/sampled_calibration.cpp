#include "costs/sampled_calibration.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "costs/calibration_file.hpp"
#include "costs/kernel_time.hpp"

using namespace forerun;

namespace {

constexpr Spreads kSpreads{.device = 0.02, .intra_bandwidth = 0.1, .inter_bandwidth = 0.1, .messages = 0.2, .measured_model = 0.02};

Scenario with(Calibration calibration, int nodes, int devices, int data) {
  Scenario scenario;
  scenario.platform.nodes = nodes;
  scenario.platform.devices_per_node = devices;
  scenario.platform.inter_node = {BytesPerSecond(1e9), Seconds(1e-5)};
  scenario.platform.intra_node = {BytesPerSecond(1e10), Seconds(1e-6)};
  scenario.strategy.data = data;
  scenario.calibration = std::make_shared<Calibration>(std::move(calibration));
  return scenario;
}

std::vector<std::string> names(const Scenario& scenario) {
  std::vector<std::string> out;
  for (const Cause& cause : causes(scenario, kSpreads)) out.push_back(cause.name);
  return out;
}

Sample moved(const Scenario& scenario, const std::string& name, double z) {
  Sample sample{*scenario.calibration, scenario.platform};
  for (const Cause& cause : causes(scenario, kSpreads))
    if (cause.name == name) cause.move(sample, z);
  return sample;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("links are uncertain only where ranks use them") {
  CHECK(names(with({}, 2, 2, 1)) == Names{"device"});
  CHECK(names(with({}, 1, 2, 2)) == Names{"device", "intra-node-bandwidth", "messages"});
  CHECK(names(with({}, 2, 1, 2)) == Names{"device", "link-bandwidth", "messages"});
  CHECK(names(with({}, 2, 2, 4)) == Names{"device", "intra-node-bandwidth", "link-bandwidth", "messages"});
}

TEST_CASE("a cause without spread is none") { CHECK(causes(with({}, 2, 2, 4), Spreads{}).empty()); }

TEST_CASE("what protocols carry is uncertain where they are NCCL's") {
  Spreads spreads = kSpreads;
  spreads.protocols = 0.3;
  Scenario scenario = with({}, 2, 2, 4);
  const auto speed = [&] {
    Sample sample{*scenario.calibration, scenario.platform};
    for (const Cause& cause : causes(scenario, spreads)) cause.move(sample, 1);
    return sample.platform.library_speed.protocols;
  };
  CHECK(speed() == 1);
  scenario.platform.library = CollectiveLibrary::nccl;
  CHECK(speed() == Approx(std::exp(0.3)));
}

TEST_CASE("latencies and the overhead of collectives move together") {
  Scenario scenario = with({}, 2, 2, 4);
  scenario.platform.collective_overhead = Seconds(1e-4);
  const Sample sample = moved(scenario, "messages", 1);
  CHECK(sample.platform.intra_node.latency.value() == Approx(1e-6 * std::exp(0.2)));
  CHECK(sample.platform.inter_node.latency.value() == Approx(1e-5 * std::exp(0.2)));
  CHECK(sample.platform.collective_overhead.value() == Approx(1e-4 * std::exp(0.2)));
  CHECK(sample.platform.inter_node.bandwidth == scenario.platform.inter_node.bandwidth);
}

TEST_CASE("figures of one thing move together, each by its own spread") {
  Calibration calibration;
  calibration.gpu.emplace();
  calibration.gpu->flash_forward.channels_64 = 0.6;
  calibration.gpu->flash_backward.channels_128 = 0.5;
  calibration.gpu->streaming_share = 0.8;
  calibration.gpu_sources = {{"flash-forward-share-64", "", 0.1, "x"},
                             {"streaming-share", "", 0.3, "x"},
                             {"flash-backward-share-128", "", 0.2, "x"},
                             {"score-share", "", 0, ""}};
  const Scenario scenario = with(calibration, 1, 1, 1);
  CHECK(names(scenario) == Names{"device", "flash-attention", "streaming-share"});
  const GpuModel gpu = *moved(scenario, "flash-attention", 2).calibration.gpu;
  CHECK(gpu.flash_forward.channels_64 == Approx(0.6 * std::exp(0.2)));
  CHECK(gpu.flash_backward.channels_128 == Approx(0.5 * std::exp(0.4)));
  CHECK(gpu.streaming_share == 0.8);
}

TEST_CASE("a measured kernel's spread follows from the error of its left-out samples") {
  Calibration calibration;
  KernelTimeModel model;
  model.overhead = Seconds(1e-6);
  model.rate = FlopsPerSecond(1e9);
  model.bandwidth = BytesPerSecond(1e9);
  model.leave_one_out_error = 0.1;
  calibration.kernel_models = {model, model};
  calibration.kernel_models[1].pass = Pass::update;
  const Scenario scenario = with(calibration, 1, 1, 1);
  CHECK(names(scenario) == Names{"device", "dense forward", "dense update"});
  const Sample sample = moved(scenario, "dense forward", 1);
  const double factor = std::exp(0.14826);
  CHECK(sample.calibration.kernel_models[0].overhead.value() == Approx(1e-6 * factor));
  CHECK(sample.calibration.kernel_models[0].rate.value() == Approx(1e9 / factor));
  CHECK(sample.calibration.kernel_models[0].bandwidth.value() == Approx(1e9 / factor));
  CHECK(sample.calibration.kernel_models[1].rate == model.rate);
  CHECK(model_spread(scenario, kSpreads) == kSpreads.measured_model);
}

TEST_CASE("what ranks do together, measured as a whole, has the spread of its samples") {
  Calibration calibration;
  const double third = std::exp(0.3 * 2.5631);
  calibration.collectives = {{"all-reduce", 2, Bytes(8), Seconds(2), Seconds(1), Seconds(third)},
                             {"ping-pong", 2, Bytes(8), Seconds(2), Seconds(1), Seconds(100)}};
  calibration.all_reduce_models = {{2, {0, 1}, {0, 1}}};
  Scenario scenario = with(calibration, 1, 2, 2);
  scenario.platform.intra_node.bandwidth = BytesPerSecond(0);
  CHECK(names(scenario) == Names{"device", "collectives"});
  CHECK(moved(scenario, "collectives", 1).calibration.all_reduce_models[0].log_seconds[1] == Approx(1.3));
  CHECK(moved(scenario, "collectives", 1).calibration.collectives[1].median.value() == Approx(2 * std::exp(0.3)));
}

TEST_CASE("slow spells are as a step meets them: undisturbed or slow") {
  Calibration calibration;
  calibration.name = "this-machine";
  calibration.spells = {.share = 0.25, .factor = 1.4, .looks = 100};
  Scenario scenario = with(calibration, 1, 1, 1);
  CHECK(names(scenario) == Names{"device"});
  scenario.platform.name = "this-machine";
  CHECK(names(scenario) == Names{"device", "slow-spells"});
  const auto factor = [&](double z) {
    return moved(scenario, "slow-spells", z).calibration.compute_scale * spell_factor(calibration.spells, 1);
  };
  CHECK(factor(-1) == Approx(1).margin(0.03));
  CHECK(factor(1.3) == Approx(1.4).margin(0.06));
  CHECK(moved(scenario, "slow-spells", 0).calibration.compute_scale == Approx(1));
}

TEST_CASE("a fitted calibration leaves what its fit leaves") {
  Calibration calibration;
  calibration.fit = FitRecord{.noise = 0.07};
  CHECK(model_spread(with(calibration, 1, 1, 1), kSpreads) == 0.07);
  CHECK(model_spread(with({}, 1, 1, 1), kSpreads) == kSpreads.measured_model);
}

TEST_CASE("software is uncertain where a published GPU was fitted to nobody's steps") {
  const Spreads spreads{.software = 0.1};
  Calibration calibration;
  CHECK(causes(with(calibration, 1, 1, 1), spreads).empty());  // measured here, with the software that runs
  calibration.gpu.emplace();
  const std::vector<Cause> list = causes(with(calibration, 1, 1, 1), spreads);
  REQUIRE(list.size() == 1);
  Sample sample{calibration, {}};
  list.front().move(sample, 1);
  CHECK(sample.calibration.compute_scale == Approx(std::exp(0.1)));
  calibration.fit.emplace();
  CHECK(causes(with(calibration, 1, 1, 1), spreads).empty());
}

TEST_CASE("a trace's durations are as they were measured") {
  Scenario scenario = with({}, 1, 1, 1);
  scenario.plan = std::make_shared<StepPlan>();
  CHECK(names(scenario).empty());
  CHECK(model_spread(scenario, kSpreads) == 0);
}

TEST_CASE("every assumed or carried-over share of the shipped GPUs says how far off it may be") {
  for (const char* name : {"a100-40gb", "a100-80gb", "b200", "gb200", "gh200", "h100", "h200", "k80", "p100", "quadro-rtx-6000",
                           "rtx-2080-ti", "t4", "v100"}) {
    const auto calibration = load_calibration({.value = name});
    for (const std::string key : {"depth-offset", "streaming-share", "kernel-fixed-s", "host-issue-s", "convolution-forward-share"}) {
      INFO(name << " " << key);
      const auto row = std::ranges::find(calibration->gpu_sources, key, &GpuSource::figure);
      REQUIRE(row != calibration->gpu_sources.end());
      CHECK(row->spread > 0);
      CHECK(row->spread < 0.6);
    }
  }
}

TEST_CASE("however far figures are moved, each stays in its range") {
  for (const char* name :
       {"a100-40gb", "a100-80gb", "b200", "gb200", "gh200", "h100", "h200", "k80", "p100", "quadro-rtx-6000", "rtx-2080-ti", "t4", "v100"})
    for (const double z : {-5.0, -2.3, 2.3, 5.0}) {
      INFO(name << " " << z);
      Scenario scenario;
      scenario.calibration = load_calibration({.value = name});
      Sample sample{*scenario.calibration, scenario.platform};
      for (const Cause& cause : causes(scenario, Spreads{})) cause.move(sample, z);
      CHECK_NOTHROW(read_calibration_text(calibration_json(sample.calibration), name));
    }
}

TEST_CASE("the host is never further ahead of a device than it can be") {
  Calibration calibration;
  calibration.gpu.emplace().host_run_ahead = 0.9;
  calibration.gpu_sources = {{"host-run-ahead", "", 0.5, "x"}};
  const Scenario scenario = with(calibration, 1, 1, 1);
  CHECK(moved(scenario, "host-run-ahead", 2).calibration.gpu->host_run_ahead == 1);
  CHECK(moved(scenario, "host-run-ahead", -1).calibration.gpu->host_run_ahead == Approx(0.9 * std::exp(-0.5)));
}

TEST_CASE("the shipped spreads are all there") {
  const Spreads& spreads = shipped_spreads();
  for (const double spread : {spreads.device, spreads.intra_bandwidth, spreads.inter_bandwidth, spreads.messages, spreads.protocols,
                              spreads.software, spreads.published_model, spreads.measured_model})
    CHECK(spread > 0);
}
