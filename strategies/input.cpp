#include "strategies/input.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace forerun {
namespace {

/// Steps that loading is ahead.
int steps_ahead(const Scenario& scenario) { return scenario.platform.loader_rate > 0 ? 1 : scenario.input.prefetch; }

/// Readers that have something to do where each has one of `under_way` at a time.
double busy_readers(const Input& input, double under_way) { return std::min<double>(input.readers, std::max(1.0, under_way)); }

/// What one process reads of `samples`, shared out over the `sharers` ranks that it reads for.
DiskAccess reading_of(const Scenario& scenario, const Layout& layout, double samples, int sharers) {
  const SampleFiles& files = scenario.workload.files;
  const Bytes file = files.per_file * files.sample;
  const Bytes request = scenario.platform.data->request;
  const double requests_a_file = request > Bytes(0) ? std::ceil(file / request) : 1.0;
  const double share = samples / sharers;
  const double files_a_step = samples / files.per_file;
  const double steps_under_way = steps_ahead(scenario) + 1;
  DiskAccess access;
  access.direction = DiskAccess::Direction::read;
  access.rank = {share * files.sample, share / files.per_file * requests_a_file};
  access.node = std::min(layout.stage_ranks, scenario.platform.devices_per_node) * access.rank;
  access.all = layout.stage_ranks * access.rank;
  access.opens = files_a_step / busy_readers(scenario.input, steps_under_way * files_a_step);
  access.connections = busy_readers(scenario.input, steps_under_way * samples) / sharers;
  access.ahead = scenario.input.prefetch > 0;
  return access;
}

}  // namespace

LoadedInput write_input(const Scenario& scenario, const Layout& layout, PlanWriter& writer) {
  const Platform& platform = scenario.platform;
  const Input& input = scenario.input;
  const bool reads = platform.data && input.source == SampleSource::storage;
  const bool decodes = platform.data && input.source != SampleSource::memory && scenario.workload.files.decode > Seconds(0);
  if (platform.loader_rate <= 0 && !reads && !decodes) return {};
  if (reads && scenario.workload.files.sample == Bytes(0))
    throw MissingCapability(scenario.workload.name + " does not say how large a sample is: --set workload.sample-bytes=110kB");
  StepPlan& plan = writer.plan();
  const auto samples = static_cast<double>(layout.micro_batch * layout.micro_batches);
  const auto append = [&](std::string_view lane, LaneKind kind, const auto& work, std::string_view name) {
    plan.lanes.push_back({lane, kind});
    Operation load;
    load.lane = static_cast<int>(plan.lanes.size()) - 1;
    load.work = work;
    writer.append(load, name, -1);
    return writer.last();
  };
  LoadedInput loaded;
  if (platform.loader_rate > 0) loaded.decode = append("input", LaneKind::input, Delay{Seconds(samples / platform.loader_rate)}, "load");
  if (reads) {
    const int sharers = layout.stage_ranks / scenario.strategy.data;
    loaded.read = append("storage", LaneKind::storage, reading_of(scenario, layout, samples, sharers), "read");
  }
  if (decodes)
    loaded.decode = append("input", LaneKind::input, Delay{samples / input.decode_workers * scenario.workload.files.decode}, "decode");
  writer.wait_for(loaded.read);
  writer.wait_for(loaded.decode);
  Operation begin;
  begin.lane = plan.compute_lane;
  begin.work = Delay{};
  writer.append(begin, "begin", -1);
  const int begun = writer.last();
  const int ahead = steps_ahead(scenario);
  for (const int load : {loaded.read, loaded.decode})
    if (load >= 0 && ahead > 0) writer.wait_also(load, begun, ahead);
  return loaded;
}

void load_after_step(const LoadedInput& input, PlanWriter& writer) {
  const StepPlan& plan = writer.plan();
  int last = -1;
  for (int i = 0; i < static_cast<int>(plan.operations.size()); ++i)
    if (plan.operations[i].lane == plan.compute_lane && plan.operations[i].rank_class == 0) last = i;
  for (const int load : {input.read, input.decode})
    if (load >= 0) writer.wait_also(load, last, 1);
}

}  // namespace forerun
