#include <catch2/catch.hpp>

#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

const std::string kGpt =
    "strategies --workload gpt --set workload.layers=24 --set workload.hidden=2048 --set workload.heads=16 --set workload.precision=fp16 "
    "--set workload.batch=32 --platform dgx-a100-40gb --set platform.nodes=2 ";

}  // namespace

TEST_CASE("strategies ranks what fits, says why the first is first and what cannot be") {
  const Answer answer = CommandLine().run(kGpt + "--top 3");
  CHECK(answer.code == 0);
  CHECK(answer.err.empty());
  for (const char* text : {"strategies looked at", "runtime=megatron", "1 beats 2 by", "fastest for its memory", "what cannot be"})
    CHECK_THAT(answer.out, Catch::Contains(text));
}

TEST_CASE("strategies' document counts what was looked at and holds predictions, the best first") {
  const Answer answer = CommandLine().run(kGpt + "--top 4 --format json");
  REQUIRE(answer.code == 0);
  const YamlNode document = read_yaml_text(answer.out, "out");
  CHECK(value_of(document, "schema_version") == "1");
  CHECK(std::stoll(value_of(document, "evaluated")) > std::stoll(value_of(document, "feasible")));
  const YamlNode* strategies = document.find("strategies");
  REQUIRE(strategies != nullptr);
  REQUIRE(strategies->children.size() == 4);
  double before = 0;
  for (const YamlNode& entry : strategies->children) {
    CHECK(value_of(entry, "status") == "ok");
    CHECK_THAT(value_of(entry, "strategy"), Catch::Contains("runtime=megatron"));
    CHECK(std::stod(value_of(entry, "step_time_s")) >= before);
    before = std::stod(value_of(entry, "step_time_s"));
  }
}

TEST_CASE("what is pinned needs nothing that is left open") {
  for (const char* pinned : {"sequence-parallel=on", "interleave=2"}) {
    const Answer answer = CommandLine().run(kGpt + "--top 1 --strategy " + pinned);
    INFO(pinned << '\n' << answer.err);
    CHECK(answer.code == 0);
    CHECK_THAT(answer.out, Catch::Contains(std::string(",") + pinned));
  }
  CHECK(CommandLine().run(kGpt + "--strategy sequence-parallel=on,tensor=1").code == 3);
}

TEST_CASE("the first of the strategies is what predict says of it") {
  const CommandLine line;
  const YamlNode ranked = read_yaml_text(line.run(kGpt + "--top 1 --format json").out, "out");
  const YamlNode& best = ranked.find("strategies")->children.front();
  const std::string scenario = kGpt.substr(kGpt.find(' '));
  const Answer predicted = line.run("predict" + scenario + "--strategy " + value_of(best, "strategy") + " --format json");
  REQUIRE(predicted.code == 0);
  CHECK(value_of(read_yaml_text(predicted.out, "out"), "step_time_s") == value_of(best, "step_time_s"));
}

TEST_CASE("where no strategy fits, the nearest ones say what is missing") {
  const Answer answer =
      CommandLine().run("strategies --workload gpt3-175b --set workload.batch=8 --platform dgx-a100-40gb --set platform.nodes=1");
  CHECK(answer.code == 1);
  CHECK_THAT(answer.out, Catch::Contains("infeasible") && Catch::Contains("of memory a device, the platform has 40.0 GiB"));
}

TEST_CASE("strategies are not ranked by a cost that nobody knows") {
  const Answer answer = CommandLine().run(kGpt + "--by cost");
  CHECK(answer.code == 6);
  CHECK_THAT(answer.err, Catch::Contains("has no price"));
}

TEST_CASE("what strategies cannot pin is refused before it searches") {
  const CommandLine line;
  CHECK(line.run(kGpt + "--strategy micro-batches=4").code == 3);
  CHECK(line.run(kGpt + "--strategy tensor=0").code == 3);
  CHECK(line.run(kGpt + "--strategy tensors=2").code == 3);
  CHECK(line.run(kGpt + "--top 0").code == 2);
  CHECK(line.run(kGpt + "--by colour").code == 2);
}

TEST_CASE("strategies with parameter servers are not searched, and that is said") {
  for (const char* pinned : {"--strategy servers=2", "--strategy runtime=tf-parameter-server"}) {
    const Answer answer = CommandLine().run(kGpt + pinned);
    CHECK(answer.code == 6);
    CHECK_THAT(answer.err, Catch::Contains("parameter servers are not among the strategies that are searched"));
  }
}

TEST_CASE("a ranking stands where the simulator breaks off, and says why") {
  const Answer answer = CommandLine().run(
      kGpt + "--top 1 --confirm sim --strategy pipeline=1,context=1,zero=1 --set platform.slow-links=0:4:10h.. --format json");
  REQUIRE(answer.code == 0);
  CHECK(answer.err.find("is not confirmed: ") != std::string::npos);
  CHECK(answer.err.find("slow-links change until") != std::string::npos);
  CHECK(answer.out.find("\"confirmed_step_time_s\": null") != std::string::npos);
}

TEST_CASE("the simulator confirms the best") {
  const Answer answer = CommandLine().run(kGpt + "--top 1 --confirm sim --strategy pipeline=1,context=1,zero=1 --format json");
  REQUIRE(answer.code == 0);
  const YamlNode document = read_yaml_text(answer.out, "out");
  const YamlNode& best = document.find("strategies")->children.front();
  CHECK(std::stod(value_of(best, "confirmed_step_time_s")) == Approx(std::stod(value_of(best, "step_time_s"))).epsilon(0.05));
}

TEST_CASE("ranked by memory, the first is said to take less memory") {
  const Answer answer = CommandLine().run(kGpt + "--by memory --top 2 -s tensor=16,sequence-parallel=on,recompute=full,overlap=none");
  CHECK(answer.code == 0);
  CHECK_THAT(answer.out, Catch::Contains("1 beats 2 by") && Catch::Contains("of memory ("));
}

TEST_CASE("what is pinned and suits no number of devices is said to") {
  const Answer answer = CommandLine().run(kGpt + "-s tensor=3");
  CHECK(answer.code == 1);
  CHECK_THAT(answer.out, Catch::Contains("no product of what is pinned uses all 16 devices"));
}

TEST_CASE("where nothing suits what is pinned, what stands in the way is named") {
  const std::string pinned = "strategies --workload gpt2 --platform dgx-a100-80gb --set workload.batch=63 -s runtime=megatron,";
  const Answer batch = CommandLine().run(pinned + "data=8");
  CHECK(batch.code == 1);
  CHECK_THAT(batch.out, Catch::Contains("infeasible: batch 63 does not divide by data=8\n"));
  CHECK_THAT(CommandLine().run(pinned + "data=1,tensor=8,micro-batch=5").out,
             Catch::Contains("63 samples a rank do not divide by micro-batch=5"));
}

TEST_CASE("a runtime is not asked to share out what it cannot") {
  const Answer answer =
      CommandLine().run("predict --workload resnet50 --platform dgx-h100 --set workload.batch=64 -s data=8,zero=3,runtime=pytorch-ddp");
  CHECK(answer.code == 3);
  CHECK_THAT(answer.err, Catch::Contains("runtime=pytorch-fsdp"));
}
