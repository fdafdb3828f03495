#include <catch2/catch.hpp>

#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

const std::string kStep =
    "predict --workload vgg11-cifar10 --platform cpu-cluster --set platform.nodes=4 --set workload.batch=128 "
    "--strategy data=4,runtime=pytorch-ddp --calibration ./paper.json --samples 0 --format json ";

double step(const CommandLine& shell, const std::string& more) {
  const Answer answer = shell.run(kStep + more);
  INFO(more);
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  return std::stod(value_of(read_yaml_text(answer.out, "out"), "step_time_s"));
}

void check_refused(const CommandLine& shell, const std::string& setting, const std::string& part) {
  const Answer answer = shell.run(kStep + "--engine sim --set " + setting);
  INFO(setting);
  INFO(answer.err);
  CHECK(answer.code == 3);
  CHECK(answer.out.empty());
  CHECK(answer.err.find("--set: " + setting.substr(0, setting.find('='))) != std::string::npos);
  CHECK(answer.err.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("what transfers slow compute by is a setting of the calibration that the simulator plays") {
  const CommandLine shell;
  const double alone = step(shell, "--engine sim");
  CHECK(step(shell, "--engine sim --set calibration.overlap-slowdown=1") == alone);
  const double beside = step(shell, "--engine sim --set calibration.overlap-slowdown=1.5");
  CHECK(beside > 1.001 * alone);
  CHECK(beside < 1.5 * alone);
  CHECK(step(shell, "--set calibration.overlap-slowdown=1.5") == step(shell, ""));
  for (const std::string wrong : {"0", "0.9", "-2", "nan", "101", "fast"})
    check_refused(shell, "calibration.overlap-slowdown=" + wrong, "from 1 to 100");
}

TEST_CASE("a calibration's page and document say what transfers slow compute by") {
  const CommandLine shell;
  std::string text = get(shell.folder() / "paper.json");
  text.insert(text.find("\"date\""), "\"overlap_slowdown\": {\"factor\": 1.19, \"origin\": \"published\", \"source\": \"a paper\"},\n  ");
  put(shell.folder() / "beside.json", text);
  CHECK(shell.run("show calibration ./beside.json").out.find("compute goes on 1.19 times slower beside a transfer (published: a paper)") !=
        std::string::npos);
  const YamlNode document = read_yaml_text(shell.run("show calibration ./beside.json --format json").out, "out");
  CHECK(value_of(*document.find("overlap_slowdown"), "factor") == "1.19");
}

TEST_CASE("stragglers are settings of the platform that the simulator plays, and are refused where they are none") {
  const CommandLine shell;
  const double alike = step(shell, "--engine sim");
  for (const std::string setting : {"platform.slow-devices=2:1.5", "platform.device-spread=20%", "platform.slow-links=1:4"}) {
    INFO(setting);
    CHECK(step(shell, "--engine sim --set " + setting) > 1.001 * alike);
    CHECK(step(shell, "--set " + setting) == step(shell, ""));
  }
  check_refused(shell, "platform.slow-devices=4:2", "from 0 to 3");
  check_refused(shell, "platform.slow-devices=1:0", "from 1 to");
  check_refused(shell, "platform.slow-links=4:2", "from 0 to 3");
  check_refused(shell, "platform.slow-links=1:2:3s..1s", "ends before it begins");
  check_refused(shell, "platform.slow-links=1:2:0s..9s,1:3:5s..10s", "overlaps another spell of its node");
  check_refused(shell, "platform.device-spread=-1%", "out of range");
}

TEST_CASE("slow links of nodes are refused where a network's file has links of its own") {
  const CommandLine shell;
  const Answer answer = shell.run(
      "predict --workload mlp --set workload.batch=64 --strategy data=2 --calibration ./paper.json --engine sim "
      "--set platform.slow-links=0:2 --platform " FORERUN_TEST_DATA "/../../examples/networks/two-racks.xml");
  CHECK(answer.code == 3);
  CHECK(answer.err.find("platform.slow-links: says nothing of a network-file") != std::string::npos);
}

TEST_CASE("links that change under workers who meet by chance are what cannot be simulated") {
  const CommandLine shell;
  const Answer answer = shell.run(
      "predict --workload vgg11-cifar10 --platform cpu-cluster --set platform.nodes=4 --set workload.batch=128 --calibration ./paper.json "
      "--strategy data=4,servers=1,sync=off --engine sim --set platform.slow-links=1:2:0s..9s");
  CHECK(answer.code == 6);
  CHECK(answer.err.find("give them without times") != std::string::npos);
}
