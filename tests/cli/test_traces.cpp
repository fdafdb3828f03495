#include <catch2/catch.hpp>

#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

const std::string kTraces = FORERUN_TEST_DATA "/../workloads/expected/chakra/";
const std::string kFour = "--platform cpu-cluster --set platform.nodes=4 ";

std::string step_time(const Answer& answer) { return value_of(read_yaml_text(answer.out, "out"), "step_time_s"); }

}  // namespace

TEST_CASE("a trace is predicted by the name of its first rank's file, by both engines") {
  const CommandLine shell;
  const std::string line = "predict --workload " + kTraces + "all_reduce.0.et " + kFour + "--format json --engine ";
  const Answer oracle = shell.run(line + "oracle");
  REQUIRE(oracle.code == 0);
  // Six hops of 50 us, and 1.5 MiB over 10 Gbit/s.
  CHECK(std::stod(step_time(oracle)) == Approx(6 * 50e-6 + 1.5 * 1048576 / 1.25e9));
  CHECK(std::stod(step_time(shell.run(line + "sim"))) == Approx(std::stod(step_time(oracle))).epsilon(1e-5));
  const YamlNode document = read_yaml_text(oracle.out, "out");
  CHECK(value_of(document, "workload") == "all_reduce");
  CHECK(value_of(document, "ranks") == "4");
}

TEST_CASE("the page of a trace names no calibration that it does not use, and says what communication in all is") {
  const CommandLine shell;
  const std::string ring = "predict --workload " + kTraces + "all_reduce.0.et " + kFour;
  const Answer own = shell.run(ring);
  CHECK(own.out.find("engine oracle, calibration cpu-cluster (measured)\n") != std::string::npos);
  CHECK(own.out.find("alone, hidden or exposed\n") != std::string::npos);
  put(shell.folder() / "bare.yaml", "nodes: 4\nmemory-per-node: 1 GiB\nlink-bandwidth: 10 Gbps\nlink-latency: 50 us\n");
  const Answer none = shell.run("predict --workload " + kTraces + "all_reduce.0.et --platform bare.yaml");
  INFO(none.err);
  CHECK(none.out.find("engine oracle, no calibration\n") != std::string::npos);
}

TEST_CASE("the document of a traced prediction predicts again") {
  const CommandLine shell;
  const Answer first = shell.run("predict --workload " + kTraces + "ring.0.et " + kFour + "--format json -o first.json");
  REQUIRE(first.code == 0);
  CHECK(shell.run("predict first.json --format json").out == get(shell.folder() / "first.json"));
}

TEST_CASE("a plan written as traces is predicted as the scenario that it came from") {
  const CommandLine shell;
  REQUIRE(shell.run("show plan --times " + kSmall + "--chakra mine").code == 0);
  const Answer again =
      shell.run("predict --workload mine.0.et --platform cpu-cluster --set platform.nodes=2 --calibration ./paper.json --format json");
  REQUIRE(again.code == 0);
  CHECK(step_time(again) == step_time(shell.run("predict " + kSmall + "--format json")));
}

TEST_CASE("a plan written as traces, of which the last rank's file is gone, names that rank") {
  const CommandLine shell;
  REQUIRE(shell.run("show plan --times " + kSmall + "--chakra mine").code == 0);
  std::filesystem::remove(shell.folder() / "mine.1.et");
  const Answer answer = shell.run("predict --workload mine.0.et --platform cpu-cluster --set platform.nodes=2");
  CHECK(answer.code == 3);
  CHECK(answer.err == "mine.0.et: is of a plan with rank 1, whose file is not beside it\n");
}

TEST_CASE("what is no trace, or means nothing beside one, is bad input") {
  const CommandLine shell;
  put(shell.folder() / "torn.0.et", "\x07\x0a");
  const Answer torn = shell.run("predict --workload torn.0.et " + kFour);
  CHECK(torn.code == 3);
  CHECK(torn.err.find("torn.0.et: message 1 breaks off: 7 bytes are announced, 1 are there") != std::string::npos);
  const Answer both = shell.run("predict --workload " + kTraces + "ring.0.et " + kFour + "--strategy data=4 --set run.epochs=2");
  CHECK(both.code == 3);
  CHECK(both.err.find("--strategy: has no meaning here: a trace is a plan already (got data=4)") != std::string::npos);
  CHECK(both.err.find("run.epochs: has no meaning here: a plan has no data set (got 2)") != std::string::npos);
  CHECK(shell.run("show workload " + kTraces + "ring.0.et").err.find("is an execution trace: a plan, without layers") != std::string::npos);
}

TEST_CASE("a trace of more ranks than devices is answered with no, and one that needs a roofline names it") {
  const CommandLine shell;
  CHECK(shell.run("predict --workload " + kTraces + "ring.0.et --platform cpu-cluster").code == 1);
  const std::string line = "predict --workload " + kTraces + "model_parallel.0.et " + kFour;
  const Answer without = shell.run(line);
  CHECK(without.code == 6);
  CHECK(without.err.find("--set platform.device-rate=100Tflop/s") != std::string::npos);
  CHECK(shell.run(line + "--set platform.device-rate=1Tflop/s --set platform.device-bandwidth=20GB/s").code == 0);
}
