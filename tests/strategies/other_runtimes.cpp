#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "tests/strategies/lowered.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

/// What a reason says that other runtimes would need, by their names.
std::map<std::string, std::string> named_runtimes(const std::string& reason) {
  const std::string runtime = "with runtime=", amount = " it would be ";
  std::map<std::string, std::string> named;
  for (std::size_t at = reason.find(runtime); at != std::string::npos; at = reason.find(runtime, at + 1)) {
    const std::size_t name = at + runtime.size(), says = reason.find(amount, name), needs = says + amount.size();
    named[reason.substr(name, says - name)] = reason.substr(needs, reason.find(',', needs) - needs);
  }
  return named;
}

}  // namespace

TEST_CASE(
    "a GPU short of memory for the gradients that the default runtime keeps names those that share out as much, and what each needs") {
  const std::map<std::string, std::vector<std::string>> able{{"zero=0", {"megatron", "pytorch-ddp"}},
                                                             {"zero=1", {"megatron", "pytorch-ddp"}},
                                                             {"zero=2", {"megatron"}},
                                                             {"zero=3,overlap=data", {"megatron", "pytorch-fsdp"}}};
  for (const auto& [sharing, runtimes] : able) {
    const std::string strategy = "data=2,micro-batch=8," + sharing;
    Scenario gpt = transformer(strategy.c_str(), 2, 64);
    gpt.platform.compute_capability = 8.0;
    gpt.platform.memory_per_node = Bytes(1 * kGiB);
    const auto named = named_runtimes(reason_of(gpt));
    INFO(reason_of(gpt));
    std::vector<std::string> names;
    for (const auto& [runtime, needs] : named) {
      names.push_back(runtime);
      gpt.strategy = parse_strategy({strategy + ",runtime=" + runtime, "test", 0, 0, ""});
      CHECK_THAT(reason_of(gpt), Catch::Contains("needs " + needs + " of memory"));
      CHECK_THAT(reason_of(gpt), !Catch::Contains("it would be"));
    }
    CHECK(names == runtimes);
  }
}

TEST_CASE("what a runtime that pads the vocabulary would need counts its words") {
  Scenario few = scenario("gpt2", 2, "data=2", 2);
  std::vector<Text> settings;
  for (const auto& [key, value] :
       std::map<std::string, std::string>{{"vocabulary", "1025"}, {"layers", "1"}, {"hidden", "64"}, {"heads", "1"}})
    settings.push_back({value, "test", 0, 0, key});
  few.workload = load_workload({"gpt2", "test", 0, 0, ""}, settings);
  few.workload.batch = 512;
  few.platform.compute_capability = 8.0;
  few.platform.memory_per_node = Bytes(100 * kMiB);
  const auto named = named_runtimes(reason_of(few));
  few.strategy = parse_strategy({"data=2,runtime=megatron", "test", 0, 0, ""});
  CHECK_THAT(reason_of(few), Catch::Contains("needs " + named.at("megatron") + " of memory"));
  few.strategy = parse_strategy({"data=2,vocabulary-multiple=1,runtime=megatron", "test", 0, 0, ""});
  CHECK_THAT(reason_of(few), !Catch::Contains("needs " + named.at("megatron") + " of memory"));
}

TEST_CASE("a device that is no GPU is told of no other runtime") {
  Scenario gpt = transformer("data=2,micro-batch=8", 2, 64);
  gpt.platform.memory_per_node = Bytes(1 * kGiB);
  CHECK_THAT(reason_of(gpt), !Catch::Contains("it would be"));
}
