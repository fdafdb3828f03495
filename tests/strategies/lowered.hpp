#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "strategies/lower.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

namespace forerun::test {

inline Scenario scenario(const char* workload, std::int64_t batch, const std::string& strategy, int nodes, int devices_per_node = 1) {
  Scenario scenario;
  scenario.workload = load_workload({workload, "test", 0, 0, ""}, {});
  scenario.workload.batch = batch;
  scenario.strategy = parse_strategy({strategy, "test", 0, 0, ""});
  scenario.platform.name = "cluster";
  scenario.platform.nodes = nodes;
  scenario.platform.devices_per_node = devices_per_node;
  return scenario;
}

inline StepPlan plan_of(const Scenario& scenario) {
  const auto lowered = lower(scenario);
  INFO((std::holds_alternative<Infeasible>(lowered) ? std::get<Infeasible>(lowered).reason : ""));
  REQUIRE(std::holds_alternative<StepPlan>(lowered));
  const auto& plan = std::get<StepPlan>(lowered);
  CHECK(find_defect(plan).empty());
  return plan;
}

inline std::string reason_of(const Scenario& scenario) {
  const auto lowered = lower(scenario);
  REQUIRE(std::holds_alternative<Infeasible>(lowered));
  return std::get<Infeasible>(lowered).reason;
}

/// GPT-2 where memory does not matter.
inline Scenario transformer(const char* strategy, int nodes, std::int64_t batch = 8) {
  Scenario s = scenario("gpt2", batch, strategy, nodes);
  s.platform.memory_per_node = Bytes(1e15);
  return s;
}

/// The buffers of all transfers of one kind, in a step.
inline double bytes_of(const StepPlan& plan, Collective::Operation operation) {
  const TreeIndex tree = index_tree(plan);
  double sum = 0;
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const auto* transfer = std::get_if<Collective>(&plan.operations[i].work);
    if (transfer == nullptr || transfer->operation != operation) continue;
    sum += times_in_step(tree, i) * transfer->bytes.value();
  }
  return sum;
}

}  // namespace forerun::test
