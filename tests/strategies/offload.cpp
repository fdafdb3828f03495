#include <catch2/catch.hpp>

#include "tests/strategies/lowered.hpp"
#include "workloads/formulas.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

Scenario scenario(const char* strategy) {
  Scenario scenario;
  scenario.workload = load_workload({"mlp", "test", 0, 0, ""}, {});
  scenario.workload.batch = 64;
  scenario.strategy = parse_strategy({strategy, "test", 0, 0, ""});
  scenario.platform.devices_per_node = 4;
  scenario.platform.host_link = BytesPerSecond(1e9);
  return scenario;
}

Seconds delay(const StepPlan& plan, std::string_view name) {
  Seconds sum;
  for (const Operation& operation : plan.operations)
    if (operation.name == name) sum += std::get<Delay>(operation.work).duration;
  return sum;
}

bool updates(const StepPlan& plan) {
  for (const Operation& operation : plan.operations)
    if (const auto* kernel = std::get_if<Kernel>(&operation.work); kernel != nullptr && kernel->pass == Pass::update) return true;
  return false;
}

}  // namespace

TEST_CASE("an optimizer in the host takes gradients down, updates there and sends weights back") {
  const StepPlan plan = plan_of(scenario("data=4,offload=optimizer"));
  const Workload mlp = scenario("serial").workload;
  double parameters_of = 0;
  for (const Layer& layer : mlp.layers) parameters_of += static_cast<double>(parameters(layer.shape));
  CHECK(delay(plan, "gradients_down").value() == Approx(4 * parameters_of / 1e9));
  CHECK(delay(plan, "weights_up") == delay(plan, "gradients_down"));
  CHECK(delay(plan, "host_update").value() == Approx(4 * parameters_of / 3.89e9));
  CHECK_FALSE(updates(plan));
  CHECK(plan.memory.optimizer == Bytes(0));
}

TEST_CASE("ranks that share out the optimizer each move their share") {
  const StepPlan whole = plan_of(scenario("data=4,offload=optimizer"));
  const StepPlan shared = plan_of(scenario("data=4,zero=2,offload=optimizer"));
  CHECK(delay(shared, "gradients_down").value() == Approx(delay(whole, "gradients_down").value() / 4).epsilon(1e-4));
}

TEST_CASE("without a link to the host only the memory moves") {
  Scenario bare = scenario("data=4,offload=optimizer");
  bare.platform.host_link = {};
  const StepPlan plan = plan_of(bare);
  CHECK(delay(plan, "gradients_down") == Seconds(0));
  CHECK(updates(plan));
  CHECK(plan.memory.optimizer == Bytes(0));
}
