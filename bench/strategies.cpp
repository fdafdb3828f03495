// Why: a strategy space of half a million is only worth having if it is searched while one waits. Looks at every strategy of GPT-3 175B on
// 4,096 A100 with batch 3,072 and of a 530B model on 5,120, exhaustively and pruned, and prints how many a second of CPU. Targets: the
// first exhaustively under 2 s, 300,000 complete prices a second; the second under 1 s.

#include <cstdio>
#include <ctime>
#include <string>

#include "costs/calibration_file.hpp"
#include "oracle/search/search.hpp"
#include "platforms/load.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

namespace {

using namespace forerun;

Text word(const std::string& value, const std::string& key = "") { return {value, "bench", 0, 0, key}; }

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void look(const char* workload, std::int64_t batch, const char* platform, int nodes, const char* pinned,
          oracle::Thoroughness thoroughness) {
  Scenario scenario;
  scenario.workload = load_workload(word(workload), std::vector{word("fp16", "precision")});
  scenario.workload.batch = batch;
  scenario.platform = load_platform(word(platform), std::vector{word(std::to_string(nodes), "nodes")});
  scenario.calibration = load_calibration(word(scenario.platform.calibration));
  scenario.strategy = parse_strategy(word(pinned));
  const oracle::Space space = oracle::space_of(scenario, strategy_keys(word(pinned)));
  const double before = cpu_seconds();
  const oracle::SearchResult result = search(scenario, space, {.thoroughness = thoroughness});
  const double seconds = cpu_seconds() - before;
  const auto number = [](std::int64_t count) { return static_cast<long long>(count); };
  std::printf("%s on %d devices, %s, %s: %lld looked at, %lld fit, %lld priced in %.3f CPU s: %.0f looked at/s, %.0f priced/s\n", workload,
              scenario.platform.devices(), pinned, thoroughness == oracle::Thoroughness::exhaustive ? "exhaustive" : "pruned",
              number(result.evaluated), number(result.feasible), number(result.priced), seconds,
              static_cast<double>(result.evaluated) / seconds, static_cast<double>(result.priced) / seconds);
  std::printf("  %lld pieces, %lld walks, %lld by lowering; best %.4f s: %s\n", number(result.counts.pieces), number(result.counts.walks),
              number(result.counts.by_lowering), result.best.front().step_s, strategy_text(result.best.front().strategy).c_str());
}

}  // namespace

int main() {
  using enum oracle::Thoroughness;
  for (const auto thoroughness : {exhaustive, pruned}) {
    look("gpt3-175b", 3072, "dgx-a100-80gb", 512, "runtime=megatron,context=1", thoroughness);
    look("gpt3-175b", 3072, "dgx-a100-80gb", 512, "runtime=megatron", thoroughness);
    look("megatron-530b", 2560, "dgx-a100-80gb", 640, "runtime=megatron,context=1", thoroughness);
  }
}
