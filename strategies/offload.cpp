#include "strategies/offload.hpp"

#include <algorithm>

#include "io/quantity.hpp"
#include "io/yaml.hpp"
#include "strategies/data.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

double read_parameters_per_second() {
  const auto file = std::ranges::find(strategies_data(), std::string_view("offload.yaml"), &strategies_file::name);
  const YamlNode document = read_yaml_text(file->text, "strategies/offload.yaml");
  double rate = 0;
  Problems problems;
  Mapping mapping(document, problems);
  mapping.required("source", [](const Text&) {});
  mapping.required("parameters-per-second", [&](const Text& text) { rate = parse_number(text, 1, 1e15); });
  mapping.finish();
  problems.throw_if_any();
  return rate;
}

}  // namespace

bool updates_in_host(const Scenario& scenario) {
  return scenario.strategy.offload == Offload::optimizer && scenario.platform.host_link > BytesPerSecond(0);
}

void write_host_update(const Scenario& scenario, std::int64_t parameters, const StageContext& stage, PlanWriter& writer) {
  static const double rate = read_parameters_per_second();
  const Platform& platform = scenario.platform;
  const auto count = static_cast<double>(parameters);
  const int here = std::min(writer.plan().ranks, platform.devices_per_node);
  const auto wait = [&](std::string_view name, Seconds duration) {
    Operation operation;
    operation.rank_class = stage.rank_class;
    operation.lane = stage.compute_lane;
    operation.work = Delay{duration};
    writer.append(operation, name, -1);
  };
  if (parameters <= 0) return;
  wait("gradients_down", Bytes(count * bytes_per_gradient(scenario.workload)) / platform.host_link);
  wait("host_update", Seconds(count * here / rate));
  wait("weights_up", Bytes(count * bytes_per_element(scenario.workload.precision)) / platform.host_link);
}

}  // namespace forerun
