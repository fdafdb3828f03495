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
