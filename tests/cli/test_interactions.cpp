#include <catch2/catch.hpp>
#include <cmath>

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
    CHECK(std::abs(step(shell, "--engine sim --set " + setting) / alike - 1) > 1e-4);
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
      "predict --workload vgg11-cifar10 --platform cpu-cluster --set platform.nodes=5 --set workload.batch=128 --calibration ./paper.json "
      "--strategy data=4,servers=1,sync=off --engine sim --set platform.slow-links=1:2:0s..9s");
  CHECK(answer.code == 6);
  CHECK(answer.err.find("give them without times") != std::string::npos);
}

TEST_CASE("several seeds fill P10 and P90 with what runs differ by, and go with the document") {
  const CommandLine shell;
  const std::string chance = "--engine sim --set platform.compute-jitter=0.3 --set run.steps=100 ";
  std::string sampled = kStep;
  sampled.replace(sampled.find("--samples 0"), 11, "--samples 20");
  REQUIRE(shell.run(sampled + chance + "--seeds 7 -o seven.json").code == 0);
  const YamlNode seven = read_yaml_text(get(shell.folder() / "seven.json"), "seven.json");
  const auto time = [&](const std::string& key) { return std::stod(value_of(seven, key)); };
  CHECK(time("step_time_p10_s") < time("step_time_s"));
  CHECK(time("step_time_s") < time("step_time_p90_s"));
  CHECK(time("step_time_p90_s") < 1.1 * time("step_time_p10_s"));
  CHECK(time("total_time_p90_s") == Approx(100 * time("step_time_p90_s")).epsilon(1e-9));
  CHECK(get(shell.folder() / "seven.json").find("the run in the middle of 7, seeds 1 to 7") != std::string::npos);
  CHECK(shell.run("predict seven.json --samples 0 --format json").out == get(shell.folder() / "seven.json"));
  CHECK(shell.run(kStep + chance + "--set run.seeds=7").out.find("the run in the middle of 7") != std::string::npos);
}

TEST_CASE("seeds that are none, and seeds of an engine without chance, are refused") {
  const CommandLine shell;
  for (const std::string wrong : {"0", "-1", "2.5", "many", "10001"}) {
    const Answer answer = shell.run(kStep + "--engine sim --seeds " + wrong);
    INFO(answer.err);
    CHECK(answer.code == 3);
    CHECK(answer.err.find("--seeds: run.seeds: ") != std::string::npos);
  }
  const Answer oracle = shell.run(kStep + "--seeds 5");
  CHECK(oracle.code == 3);
  CHECK(oracle.err.find("--seeds: asks for simulated runs") != std::string::npos);
  CHECK(shell.run(kStep + "--set run.seeds=5").out.find("run.seeds is the simulator's alone") != std::string::npos);
  CHECK(shell.run(kStep + "--engine sim --seeds 5 --jobs 0").code == 2);
}

TEST_CASE("the same command gives the same bytes, however many simulations run at a time") {
  const CommandLine shell;
  const std::string servers =
      "predict --workload vgg11-cifar10 --platform cpu-cluster --set platform.nodes=5 --set workload.batch=128 --calibration ./paper.json "
      "--strategy data=4,servers=1,sync=off --format json --engine sim ";
  const std::string spread = kStep + "--engine sim --set platform.device-spread=5% --set platform.compute-jitter=10% ";
  for (const std::string& command :
       {kStep + "--engine sim ", spread, spread + "--seeds 6 ", servers, servers + "--seeds 6 ",
        kStep + "--engine sim --set run.steps=50 --set platform.slow-links=1:4:0s..10s --set calibration.overlap-slowdown=1.2 "}) {
    INFO(command);
    const Answer first = shell.run(command + "-j 1");
    INFO(first.err);
    REQUIRE(first.code == 0);
    CHECK(shell.run(command + "-j 1").out == first.out);
    CHECK(shell.run(command + "-j 4").out == first.out);
  }
  const std::string ranked =
      "strategies --workload mlp --platform cpu-cluster --set platform.nodes=4 --set workload.batch=64 "
      "--calibration ./paper.json --confirm sim --top 3 --format json";
  const Answer confirmed = shell.run(ranked);
  REQUIRE(confirmed.code == 0);
  CHECK(shell.run(ranked).out == confirmed.out);
}
