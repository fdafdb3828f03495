#include "sim/interactions.hpp"

#include "costs/whole_run.hpp"
#include "io/format.hpp"
#include "platforms/stragglers.hpp"
#include "sim/slow_links.hpp"

namespace forerun::sim {

std::vector<std::string> interactions(const Scenario& scenario, Beside beside) {
  const Platform& platform = scenario.platform;
  const OverlapSlowdown& overlap = scenario.calibration->overlap;
  std::vector<std::string> list;
  if (overlap.factor > 1 && beside == Beside::played)
    list.push_back(
        forerun::format("compute goes on {:.4g} times slower while a transfer of its rank runs ({})", overlap.factor, overlap.source));
  else if (overlap.factor > 1)
    list.emplace_back("transfers do not slow the compute of workers that follow no common plan");
  if (platform.device_spread > 0)
    list.push_back(forerun::format("devices differ in speed by a spread of {}, drawn from seed {}", percent(platform.device_spread),
                                   scenario.run.seed));
  if (!platform.slow_devices.empty()) list.push_back("slow devices, by how many times: " + slow_devices_text(platform.slow_devices));
  if (!platform.slow_links.empty()) list.push_back("slow links of nodes, by how many times: " + slow_links_text(platform.slow_links));
  if (SlowLinks::last_change_s(platform.slow_links) > 0 && !run_steps(scenario))
    list.emplace_back("of a run without a length the step is the one after the last change of a link; run.steps or run.epochs gives one");
  return list;
}

}  // namespace forerun::sim
