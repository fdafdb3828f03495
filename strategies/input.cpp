#include "strategies/input.hpp"

namespace forerun {

void write_input(const Scenario& scenario, const Layout& layout, PlanWriter& writer) {
  const double rate = scenario.platform.loader_rate;
  if (rate <= 0) return;
  StepPlan& plan = writer.plan();
  plan.lanes.push_back({"input", LaneKind::input});
  Operation load;
  load.lane = static_cast<int>(plan.lanes.size()) - 1;
  load.work = Delay{Seconds(static_cast<double>(layout.micro_batch * layout.micro_batches) / rate)};
  writer.append(load, "load", -1);
  const int loaded = writer.last();
  writer.wait_for(loaded);
  Operation begin;
  begin.lane = plan.compute_lane;
  begin.work = Delay{};
  writer.append(begin, "begin", -1);
  writer.wait_also(loaded, writer.last(), 1);
}

}  // namespace forerun
