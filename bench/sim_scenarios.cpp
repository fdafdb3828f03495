// Why: sweeps simulate thousands of small clusters, each far quicker than a process starts. Predicts `scenarios` data-parallel runs of a
// small network over `ranks` ranks of one platform, no two alike in batch and bucket, in one child, and reports CPU seconds in all.
//   bench_sim_scenarios [scenarios=10000] [ranks=8] [jitter-percent=0]
#include <cstdio>
#include <string>
#include <vector>

#include "bench/sim_plans.hpp"
#include "costs/calibration_file.hpp"
#include "platforms/load.hpp"
#include "sim/simulate.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

namespace {

using namespace forerun;
using namespace forerun::bench;

Text word(std::string value, std::string key = "") { return {std::move(value), "bench", 0, 0, std::move(key)}; }

}  // namespace

int main(int count, char** values) {
  const int many = argument(count, values, "scenarios", 10'000);
  const int ranks = argument(count, values, "ranks", 8);
  Scenario scenario;
  scenario.workload = load_workload(word("mlp"), {});
  scenario.platform = load_platform(word("dgx1-v100"), std::vector{word(std::to_string(ranks), "nodes"), word("1", "devices-per-node")});
  scenario.calibration = load_calibration(word(scenario.platform.calibration));
  scenario.strategy = parse_strategy(word("data=" + std::to_string(ranks) + ",overlap=data"));
  scenario.platform.compute_jitter = argument(count, values, "jitter-percent", 0) / 100.0;
  std::vector<Scenario> scenarios(many, scenario);
  for (int i = 0; i < many; ++i) {
    scenarios[i].workload.batch = ranks * std::int64_t{1 + i % 997};
    scenarios[i].strategy.bucket = Bytes(10e3 * (1 + i % 1009));
  }
  int failed = 0;
  sim::predict_each(scenarios, 1, [&](std::size_t, const Prediction& prediction) { failed += prediction.status == Status::ok ? 0 : 1; });
  const double took_s = cpu_s(RUSAGE_SELF) + cpu_s(RUSAGE_CHILDREN);
  std::printf("sim_scenarios: %d of %d ranks in %.3f CPU seconds, %.0f a second; %d failed\n", many, ranks, took_s, many / took_s, failed);
  return failed == 0 ? 0 : 1;
}
