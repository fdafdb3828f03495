#include "costs/loading.hpp"

#include <algorithm>

#include "io/format.hpp"

namespace forerun {
namespace {

constexpr double kDecodedBytes = 4;  // of an element: float32, or a token's number

double nodes_that_read(const Scenario& scenario) {
  const int readers = scenario.strategy.ranks() / scenario.strategy.pipeline;
  return (readers + scenario.platform.devices_per_node - 1) / scenario.platform.devices_per_node;
}

Bytes free_memory(const Scenario& scenario, const StepMemory& memory) {
  const Platform& platform = scenario.platform;
  if (platform.device_memory > Bytes(0)) return platform.memory_per_node;
  return platform.memory_per_node - std::min(scenario.ranks(), platform.devices_per_node) * memory.total();
}

/// What a node would have to keep for later epochs.
Bytes kept_on_a_node(const Scenario& scenario) {
  const Workload& workload = scenario.workload;
  const Bytes decoded(kDecodedBytes * static_cast<double>(workload.input.elements()));
  const Bytes sample = scenario.input.cache == SampleCache::memory ? decoded : workload.files.sample;
  return static_cast<double>(workload.samples) / nodes_that_read(scenario) * sample;
}

std::string why_nothing_is_cached(const Scenario& scenario) {
  if (scenario.input.cache == SampleCache::none) return "input.cache=none";
  if (scenario.input.cache == SampleCache::page && scenario.platform.data->kind == Storage::Kind::object_store)
    return "no page cache keeps objects of " + scenario.platform.data->name;
  if (scenario.platform.memory_per_node == Bytes(0)) return "memory-per-node is not known";
  return forerun::format("{} of {}samples a node do not fit into its {} beside the job", human(kept_on_a_node(scenario)),
                         scenario.input.cache == SampleCache::memory ? "decoded " : "", human(scenario.platform.memory_per_node));
}

}  // namespace

double shuffled_samples(const Scenario& scenario) {
  const auto asked = static_cast<double>(scenario.input.shuffle_buffer);
  if (scenario.workload.samples == 0) return asked;
  return std::min(asked, static_cast<double>(scenario.workload.samples) / scenario.strategy.data);
}

Seconds shuffle_fill(const Scenario& scenario, const StepPlan& plan, std::span<const OperationCost> costs) {
  if (scenario.input.shuffle_buffer == 0 || scenario.plan) return Seconds(0);
  Seconds longest;
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const LaneKind lane = plan.lanes[plan.operations[i].lane].kind;
    if (lane == LaneKind::input || lane == LaneKind::storage) longest = std::max(longest, costs[i].duration());
  }
  const double loaded = static_cast<double>(scenario.workload.batch) / scenario.strategy.data;
  return shuffled_samples(scenario) / loaded * longest;
}

SampleSource later_source(const Scenario& scenario, const StepMemory& memory) {
  const Workload& workload = scenario.workload;
  if (!scenario.platform.data || scenario.plan || workload.samples == 0 || scenario.platform.memory_per_node == Bytes(0))
    return SampleSource::storage;
  const bool fits = kept_on_a_node(scenario) <= free_memory(scenario, memory);
  if (scenario.input.cache == SampleCache::memory) return fits ? SampleSource::memory : SampleSource::storage;
  const bool files = scenario.platform.data->kind != Storage::Kind::object_store;
  return scenario.input.cache == SampleCache::page && files && fits ? SampleSource::pages : SampleSource::storage;
}

std::vector<std::string> loading_assumptions(const Scenario& scenario, std::optional<SampleSource> later) {
  std::vector<std::string> list;
  if (!scenario.platform.data || scenario.plan) return list;
  const SampleFiles& files = scenario.workload.files;
  const Input& input = scenario.input;
  const auto counted = [](double number, std::string_view what) {
    return forerun::format("{:.6g} {}{}", number, what, number == 1 ? "" : "s");
  };
  list.push_back(forerun::format("samples of {} in files of {:.6g} are read from {} by {} a process, {}", human(files.sample),
                                 files.per_file, scenario.platform.data->name, counted(input.readers, "reader"),
                                 input.prefetch == 0 ? std::string("not ahead") : counted(input.prefetch, "step") + " ahead"));
  if (files.decode > Seconds(0))
    list.push_back(forerun::format("decoding takes {} a sample and worker, {} a process", human(files.decode),
                                   counted(input.decode_workers, "worker")));
  if (later == SampleSource::pages)
    list.push_back(
        forerun::format("from the second epoch on samples come from the page cache, {} a node, and each node reads the same ones",
                        human(kept_on_a_node(scenario))));
  else if (later == SampleSource::memory)
    list.emplace_back("from the second epoch on decoded samples come from memory, and each node reads the same ones");
  else if (later)
    list.push_back("every epoch reads its samples from storage: " + why_nothing_is_cached(scenario));
  else
    list.emplace_back("samples are read from storage, as in the first epoch of a run");
  return list;
}

}  // namespace forerun
