#include "costs/gpu/host.hpp"

#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "costs/gpu/kernel_time.hpp"
#include "costs/kernel_fit.hpp"
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

void wait(const StepPlan& plan, const GpuModel& model, std::vector<Seconds>& times) {
  wait_for_host(plan, host_issue_times(plan, model), model.host_run_ahead, times);
}

const LayerShape kGelu = forerun::test::elementwise(LayerKind::gelu, 64, 16);

}  // namespace

TEST_CASE("kernels that the host issues too slowly take the host's time together, each in proportion") {
  const StepPlan plan = plan_of({on_gpu(kGelu, Pass::forward, 1), on_gpu(kGelu, Pass::forward, 1)});
  std::vector<Seconds> times{Seconds(1), Seconds(3)};
  wait(plan, with_issue(4), times);
  CHECK(times == std::vector<Seconds>{Seconds(2), Seconds(6)});
}

TEST_CASE("a host that is faster on the whole delays nothing, even where one kernel is short") {
  const StepPlan plan = plan_of({on_gpu(kGelu, Pass::forward, 1), on_gpu(kGelu, Pass::forward, 1)});
  std::vector<Seconds> times{Seconds(1), Seconds(3)};
  wait(plan, with_issue(2), times);
  CHECK(times == std::vector<Seconds>{Seconds(1), Seconds(3)});
}

TEST_CASE("a host that cannot run ahead makes each kernel wait by itself, and one between lies between") {
  const StepPlan plan = plan_of({on_gpu(kGelu, Pass::forward, 1), on_gpu(kGelu, Pass::forward, 1)});
  const auto sum = [&](double ahead) {
    GpuModel model = with_issue(2);
    model.host_run_ahead = ahead;
    std::vector<Seconds> times{Seconds(1), Seconds(6)};
    wait(plan, model, times);
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
  wait(plan, with_issue(4), times);
  CHECK(times == std::vector<Seconds>{Seconds(4), Seconds(10), Seconds(4), Seconds(0.5)});
}

TEST_CASE("blocks wait apart, and from the layers beside them: a chunk of blocks takes as often what one takes") {
  const Kernel kernel = on_gpu(kGelu, Pass::forward, 1);
  StepPlan plan = plan_of({kernel, kernel, kernel, kernel});
  plan.operations[1].block = 0, plan.operations[2].block = 1;
  std::vector<Seconds> times{Seconds(10), Seconds(1), Seconds(2), Seconds(3)};
  wait(plan, with_issue(4), times);
  CHECK(times == std::vector<Seconds>{Seconds(10), Seconds(4), Seconds(4), Seconds(4)});
}

TEST_CASE("a GPU that was measured waits for its host by operator, precision and optimizer, in updates too") {
  const LayerShape dense = forerun::test::dense_layer(8, 8, 1);
  const MeasuredGpu gpu{.issue = Seconds(1),
                        .issues = {{LayerKind::gelu, Pass::forward, {}, Precision::fp16, Seconds(5)},
                                   {LayerKind::gelu, Pass::forward, {}, Precision::fp32, Seconds(7)},
                                   {LayerKind::dense, Pass::update, Optimizer::adam, Precision::fp16, Seconds(3)}}};
  const StepPlan plan = plan_of({on_gpu(kGelu, Pass::forward, 1), on_gpu(kGelu, Pass::backward_data, 1), on_gpu(dense, Pass::update, 1),
                                 on_gpu(dense, Pass::update, 1)});
  const std::vector<Seconds> issue = host_issue_times(plan, gpu);
  CHECK(issue == std::vector<Seconds>{Seconds(5), Seconds(1), Seconds(3), Seconds(3)});
  std::vector<Seconds> times{Seconds(2), Seconds(2), Seconds(1), Seconds(2)};
  wait_for_host(plan, issue, 1, times);
  CHECK(times == std::vector<Seconds>{Seconds(5), Seconds(2), Seconds(2), Seconds(4)});
  CHECK(host_issue_time(gpu, {dense, Pass::update, 1, {}, Precision::fp16, Optimizer::sgd}) == Seconds(1));
  CHECK(host_issue_time(gpu, on_gpu(forerun::test::elementwise(LayerKind::reshape, 8, 1), Pass::forward, 1)) == Seconds(0));
}

TEST_CASE("a plan on a GPU that was measured takes its samples in the plan's precision, and waits for the host") {
  auto calibration = std::make_shared<Calibration>();
  calibration->name = "lab";
  for (const auto& [precision, time] : {std::pair{Precision::fp32, 4.0}, {Precision::fp16, 2.0}}) {
    const Kernel kernel = on_gpu(kGelu, Pass::forward, 1, precision);
    calibration->kernels.push_back({kernel, Seconds(time), Seconds(time), Seconds(time)});
  }
  calibration->measured_gpu = MeasuredGpu{};
  fit(*calibration);
  Scenario scenario;
  scenario.calibration = calibration;
  const auto priced = [&](Precision precision) {
    return price(plan_of({on_gpu(kGelu, Pass::forward, 1, precision)}), scenario).front().duration().value();
  };
  CHECK(priced(Precision::fp32) == Approx(4));
  CHECK(priced(Precision::fp16) == Approx(2));
  CHECK_THROWS_WITH(priced(Precision::fp8), "calibration lab has no samples of kernels in fp8");
  calibration->measured_gpu->issue = Seconds(3);
  CHECK(priced(Precision::fp32) == Approx(4));
  CHECK(priced(Precision::fp16) == Approx(3));
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
