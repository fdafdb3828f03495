#include "cli/plan_workload.hpp"

#include <array>
#include <filesystem>
#include <set>

#include "cli/run_text.hpp"
#include "io/suggest.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/chakra/read.hpp"
#include "workloads/collective.hpp"

namespace forerun {
namespace {

constexpr std::array<std::string_view, 2> kKeys{"data", "collective"};

void read_trace(const ScenarioText& text, const Settings& settings, Scenario& scenario, Problems& problems) {
  if (!text.strategy.value.empty()) problems.add(problem(text.strategy, "has no meaning here: a trace is a plan already"));
  const std::filesystem::path file(text.workload.value);
  scenario.workload.name = file.stem().stem().string();
  problems.collect([&] { scenario.plan = std::make_shared<const StepPlan>(chakra::read_trace(text.workload, settings.workload)); });
}

void read_collective(const ScenarioText& text, const Settings& settings, Scenario& scenario, Problems& problems) {
  Text written = text.strategy;
  if (written.value.empty()) written = Text{"serial", "--strategy", 0, 0, ""};
  scenario.workload.name = text.workload.value;
  Strategy strategy = parse_strategy(written);
  const std::set<std::string> keys = strategy_keys(written);
  for (const std::string& key : keys)
    if (std::ranges::find(kKeys, key) == kKeys.end())
      problems.add(problem(written, "has " + key + ", which means nothing to a collective alone", listed(kKeys)));
  if (strategy.data < 2) problems.add(problem(written, "leaves one rank, and a collective takes two or more", "data=N, N at least 2"));
  if (!keys.contains("collective")) strategy.collective = CollectiveAlgorithm::automatic;
  scenario.strategy = strategy;
  if (problems.empty())
    problems.collect([&] {
      scenario.plan =
          std::make_shared<const StepPlan>(collective_plan(text.workload, settings.workload, strategy.data, strategy.collective));
    });
}

}  // namespace

bool brings_a_plan(std::string_view workload) { return chakra::names_a_trace(workload) || names_a_collective(workload); }

void read_plan(const ScenarioText& text, const Settings& settings, Scenario& scenario) {
  Problems problems;
  refuse_run_of_data(settings.run, problems);
  problems.collect(
      [&] { (chakra::names_a_trace(text.workload.value) ? read_trace : read_collective)(text, settings, scenario, problems); });
  problems.throw_if_any();
}

}  // namespace forerun
