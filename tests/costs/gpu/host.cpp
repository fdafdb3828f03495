#include "costs/gpu/host.hpp"

#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "costs/gpu/kernel_time.hpp"
#include "costs/price.hpp"
#include "tests/costs/gpu/support.hpp"

using namespace forerun;
using forerun::test::on_gpu;

namespace {

/// A plan of one class whose operations are these kernels, in order.
StepPlan plan_of(const std::vector<Kernel>& kernels) {
  StepPlan plan;
  plan.classes = {{"rank", 0, 1, 1}};
  plan.lanes = {{"compute", LaneKind::compute}};
  for (const Kernel& kernel : kernels) {
    Operation operation;
    operation.work = kernel;
    plan.step.body.emplace_back(static_cast<int>(plan.operations.size()));
    plan.operations.push_back(operation);
  }
  return plan;
}

GpuModel with_issue(double seconds) {
  GpuModel model = forerun::test::gpu("a100-80gb");
  model.host_issue = Seconds(seconds);
  return model;
}

const LayerShape kGelu = forerun::test::elementwise(LayerKind::gelu, 64, 16);

}  // namespace

TEST_CASE("kernels that the host issues too slowly take the host's time together, each in proportion") {
  const StepPlan plan = plan_of({on_gpu(kGelu, Pass::forward, 1), on_gpu(kGelu, Pass::forward, 1)});
  std::vector<Seconds> times{Seconds(1), Seconds(3)};
  wait_for_host(plan, with_issue(4), times);
  CHECK(times == std::vector<Seconds>{Seconds(2), Seconds(6)});
}

TEST_CASE("a host that is faster on the whole delays nothing, even where one kernel is short") {
  const StepPlan plan = plan_of({on_gpu(kGelu, Pass::forward, 1), on_gpu(kGelu, Pass::forward, 1)});
  std::vector<Seconds> times{Seconds(1), Seconds(3)};
  wait_for_host(plan, with_issue(2), times);
  CHECK(times == std::vector<Seconds>{Seconds(1), Seconds(3)});
}

TEST_CASE("a host that cannot run ahead makes each kernel wait by itself, and one between lies between") {
  const StepPlan plan = plan_of({on_gpu(kGelu, Pass::forward, 1), on_gpu(kGelu, Pass::forward, 1)});
  const auto sum = [&](double ahead) {
    GpuModel model = with_issue(2);
    model.host_run_ahead = ahead;
    std::vector<Seconds> times{Seconds(1), Seconds(6)};
    wait_for_host(plan, model, times);
    return (times[0] + times[1]).value();
  };
  CHECK(sum(1) == Approx(7));
  CHECK(sum(0) == Approx(2 + 6));
  CHECK(sum(0.25) == Approx(7.75));
}

TEST_CASE("forward and backward wait apart, classes too, and an update never") {
  StepPlan plan = plan_of({on_gpu(kGelu, Pass::forward, 1), on_gpu(kGelu, Pass::backward_data, 1), on_gpu(kGelu, Pass::forward, 1),
                           on_gpu(forerun::test::dense_layer(8, 8, 1), Pass::update, 1)});
  plan.classes.push_back({"other", 1, 1, 1});
  plan.operations[2].rank_class = 1;
  std::vector<Seconds> times{Seconds(1), Seconds(10), Seconds(2), Seconds(0.5)};
  wait_for_host(plan, with_issue(4), times);
  CHECK(times == std::vector<Seconds>{Seconds(4), Seconds(10), Seconds(4), Seconds(0.5)});
}

TEST_CASE("blocks wait apart, and from the layers beside them: a chunk of blocks takes as often what one takes") {
  const Kernel kernel = on_gpu(kGelu, Pass::forward, 1);
  StepPlan plan = plan_of({kernel, kernel, kernel, kernel});
  plan.operations[1].block = 0, plan.operations[2].block = 1;
  std::vector<Seconds> times{Seconds(10), Seconds(1), Seconds(2), Seconds(3)};
  wait_for_host(plan, with_issue(4), times);
  CHECK(times == std::vector<Seconds>{Seconds(10), Seconds(4), Seconds(4), Seconds(4)});
}

TEST_CASE("a plan is priced by the figures of its GPU, scaled and delayed by its host") {
  Scenario scenario;
  auto calibration = std::make_shared<Calibration>();
  calibration->name = "lab";
  calibration->gpu = with_issue(0);
  calibration->compute_scale = 2;
  scenario.calibration = calibration;
  const Kernel kernel = on_gpu(kGelu, Pass::forward, 1);
  const StepPlan plan = plan_of({kernel, kernel});
  CHECK(price(plan, scenario).front().duration() == 2 * gpu_kernel_time(*calibration->gpu, kernel));
  calibration->gpu->host_issue = Seconds(1);
  CHECK(price(plan, scenario).back().duration().value() == Approx(2));
}

TEST_CASE("what a GPU cannot price is refused with the calibration's name") {
  Scenario scenario;
  scenario.calibration = load_calibration({"k80", "--calibration", 0, 0, ""});
  try {
    price(plan_of({on_gpu(kGelu, Pass::forward, 1, Precision::fp16)}), scenario);
    FAIL("priced");
  } catch (const MissingCapability& missing) {
    CHECK(std::string(missing.what()) == "calibration k80: the device does not calculate in fp16");
  }
}
