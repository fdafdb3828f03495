#include "oracle/search/whole_plans.hpp"

#include <catch2/catch.hpp>

#include "costs/calibration_file.hpp"
#include "oracle/predict.hpp"
#include "platforms/load.hpp"
#include "strategies/strategy_text.hpp"
#include "workloads/load.hpp"

using namespace forerun;

namespace {

Text word(const std::string& value, const std::string& key = "") { return {value, "test", 0, 0, key}; }

}  // namespace

TEST_CASE("strategies that differ in what the vocabulary is padded to alone have networks of their own") {
  Scenario scenario;
  scenario.workload = load_workload(word("gpt2"), {});
  scenario.workload.batch = 16;
  scenario.platform = load_platform(word("dgx-a100-80gb"), std::vector{word("1", "nodes")});
  scenario.calibration = load_calibration(word(scenario.platform.calibration));
  oracle::WholePlans plans(scenario);
  double before_bytes = 0;
  for (const char* multiple : {"1", "65536", "4096"}) {
    scenario.strategy = parse_strategy(word(std::string("data=8,micro-batch=2,runtime=megatron,vocabulary-multiple=") + multiple));
    INFO(strategy_text(scenario.strategy));
    const oracle::Quote quote = plans.price({});
    const Prediction prediction = oracle::predict(scenario);
    CHECK(quote.memory_bytes == prediction.memory_per_device->value());
    CHECK(quote.step_s == prediction.step_time->value());
    CHECK(quote.memory_bytes != before_bytes);
    before_bytes = quote.memory_bytes;
  }
}
