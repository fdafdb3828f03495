#include <catch2/catch.hpp>

#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

double sum_of(const YamlNode& limits) {
  double sum = 0;
  for (const YamlNode& elasticity : limits.children) sum += std::stod(elasticity.text.value);
  return sum;
}

}  // namespace

TEST_CASE("what limits a step adds up to the step, in both engines") {
  const CommandLine shell;
  const std::vector<std::string> scenarios = {
      kSmall,
      "--workload gpt2 --set workload.batch=64 --platform dgx-a100-80gb --set platform.nodes=2 --strategy data=16,runtime=pytorch-ddp ",
      "--workload gpt3-6.7b --set workload.batch=64 --platform dgx-h100 --set platform.nodes=2 "
      "--strategy data=2,tensor=4,pipeline=2,micro-batch=2,runtime=megatron "};
  for (const std::string& scenario : scenarios)
    for (const std::string engine : {"oracle", "sim"}) {
      INFO(scenario << engine);
      const Answer answer = shell.run("predict " + scenario + "--explain --format json --engine " + engine);
      INFO(answer.err);
      REQUIRE(answer.code == 0);
      const YamlNode document = read_yaml_text(answer.out, "out");
      const YamlNode* limits = document.find("limits");
      REQUIRE(limits != nullptr);
      CHECK(sum_of(*limits) == Approx(1).margin(0.01));
    }
}

TEST_CASE("an explained step says in one sentence what limits it, the largest first") {
  const CommandLine shell;
  const Answer answer = shell.run("predict --workload vgg16 --set workload.batch=64 --platform aws:p3.2xlarge --explain");
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  CHECK(answer.out.find("\nthe step is ") != std::string::npos);
  CHECK(answer.out.find(" limited by matrix products") != std::string::npos);
  CHECK(shell.run("predict " + kSmall).out.find("limited by") == std::string::npos);
}

TEST_CASE("what does not fit has no limits") {
  const CommandLine shell;
  const Answer answer = shell.run("predict --workload gpt3-175b --set workload.batch=8 --platform dgx-h100 --explain --format json");
  CHECK(answer.code == 1);
  CHECK(read_yaml_text(answer.out, "out").find("limits") == nullptr);
}
