#include "costs/price.hpp"

#include <catch2/catch.hpp>

#include "core/error.hpp"

using namespace forerun;

namespace {

struct Priced {
  Scenario scenario;
  Computation computation;

  Priced() {
    scenario.platform.name = "lab";
    scenario.platform.device_rate = FlopsPerSecond(1e12);
    scenario.platform.device_bandwidth = BytesPerSecond(1e11);
    scenario.calibration = std::make_shared<Calibration>();
  }
  [[nodiscard]] Seconds operator()() const {
    StepPlan plan;
    plan.classes = {{"rank", 0, 1, 1}};
    plan.lanes = {{"compute", LaneKind::compute}};
    Operation operation;
    operation.name = "gemm";
    operation.work = computation;
    plan.operations = {operation};
    plan.step.body.emplace_back(0);
    return price(plan, scenario).front().duration();
  }
};

}  // namespace

TEST_CASE("a computation takes the duration that it is given") {
  Priced priced;
  priced.computation = {Seconds(0.25), Flops(1e15), Bytes(1e15)};
  CHECK(priced() == Seconds(0.25));
}

TEST_CASE("a computation without a duration takes the longer of its arithmetic and its memory traffic") {
  Priced priced;
  priced.computation = {Seconds(0), Flops(2e12), Bytes(1e11)};
  CHECK(priced() == Seconds(2));
  priced.computation.bytes = Bytes(3e11);
  CHECK(priced() == Seconds(3));
  priced.computation = {};
  CHECK(priced() == Seconds(0));
}

TEST_CASE("a platform without a roofline prices no computation without a duration") {
  Priced priced;
  priced.scenario.platform.device_rate = {};
  priced.computation = {Seconds(0), Flops(1), Bytes(1)};
  CHECK_THROWS_AS(priced(), MissingCapability);
  priced.computation.flops = {};
  CHECK(priced() == Seconds(1e-11));
  priced.scenario.platform.device_bandwidth = {};
  CHECK_THROWS_AS(priced(), MissingCapability);
}

TEST_CASE("a plan that cannot be priced is answered with everything that is missing, each once") {
  Scenario scenario;
  Calibration calibration;
  calibration.name = "small";
  calibration.kernel_models.push_back({.kind = LayerKind::dense, .pass = Pass::forward, .overhead = Seconds(1)});
  calibration.kernel_models.back().inverse_scales.assign(7, 1);
  scenario.calibration = std::make_shared<const Calibration>(calibration);
  StepPlan plan;
  plan.classes = {{"rank", 0, 1, 1}};
  plan.lanes = {{"compute", LaneKind::compute}};
  for (const auto& [kind, pass] : {std::pair{LayerKind::dense, Pass::forward},
                                   {LayerKind::attention, Pass::forward},
                                   {LayerKind::attention, Pass::forward},
                                   {LayerKind::dense, Pass::update}}) {
    Operation operation;
    Kernel kernel;
    kernel.shape.kind = kind;
    kernel.pass = pass;
    operation.work = kernel;
    plan.operations.push_back(operation);
  }
  const auto answer = [&] {
    try {
      price(plan, scenario);
    } catch (const MissingCapability& missing) {
      return std::string(missing.what());
    }
    return std::string("priced");
  };
  CHECK(answer() == "calibration small has no samples of attention forward, updates by sgd-momentum");
  calibration.gpu = GpuModel{};
  calibration.gpu->peak[Precision::fp16] = FlopsPerSecond(1);
  scenario.calibration = std::make_shared<const Calibration>(calibration);
  CHECK(answer() == "calibration small: the device does not calculate in fp32");
}
