#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "costs/calibration_file.hpp"
#include "kernels/microbenchmarks/measure.hpp"
#include "tests/cli/command_line.hpp"
#include "tests/support/synthetic_calibration.hpp"

using namespace forerun;

namespace {

// A calibration of this machine that saw slow spells in a tenth of 50 looks.
Calibration seen_before(Seconds usual) {
  Calibration calibration = support::synthetic_calibration();
  calibration.cpu = cpu_model();
  calibration.spells = {0.1, 1.5, 50, usual};
  return calibration;
}

Calibration read(const CommandLine& shell, const std::string& file) { return read_calibration_text(get(shell.folder() / file), file); }

}  // namespace

TEST_CASE("a watch without a calibration says how to make one, and makes none") {
  const CommandLine shell;
  const Answer own = shell.run("calibrate --watch 1s");
  CHECK(own.code == 3);
  CHECK(own.err.find("there is no calibration yet") != std::string::npos);
  CHECK(own.err.find("run forerun calibrate\n") != std::string::npos);
  CHECK(shell.run("calibrate --watch 1s -o mine.json").err.find("run forerun calibrate -o mine.json") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(shell.folder() / "mine.json"));
  CHECK_FALSE(std::filesystem::exists(shell.folder() / "data"));
}

TEST_CASE("a watch pools what it sees into the slow spells of the calibration and changes nothing else") {
  const CommandLine shell;
  Calibration before = seen_before(Seconds(1000));  // no look can be slow beside that
  put(shell.folder() / "mine.json", calibration_json(before));
  const Answer answer = shell.run("calibrate --watch 1s -o mine.json");
  REQUIRE(answer.code == 0);
  CHECK(answer.out.find("slow spells now: others slow a core by 1.00 during 0") == 0);
  CHECK(answer.out.find("pooled:          others slow a core by 1.50 during ") != std::string::npos);
  const Calibration after = read(shell, "mine.json");
  CHECK(after.spells.looks > 55);
  CHECK(after.spells.share == Approx(5.0 / static_cast<double>(after.spells.looks)));
  CHECK(after.spells.factor == Approx(1.5));
  before.spells = after.spells;
  CHECK(get(shell.folder() / "mine.json") == calibration_json(before));
}

TEST_CASE("a watch that is slow throughout beside the usual time of the calibration sees one long spell") {
  const CommandLine shell;
  std::filesystem::create_directories(shell.folder() / "data/forerun");
  put(shell.folder() / "data/forerun/this-machine.calibration.json", calibration_json(seen_before(Seconds(1e-6))));
  const YamlNode document = read_yaml_text(shell.run("calibrate --watch 1000ms --format json").out, "out");
  CHECK(value_of(*document.find("now"), "share") == "1.0");
  CHECK(read(shell, "data/forerun/this-machine.calibration.json").spells.share > 0.2);
}

TEST_CASE("a watch is refused with a calibration of another machine, and with one that knows no usual time") {
  const CommandLine shell;
  const Answer other = shell.run("calibrate --watch 1s -o paper.json");
  CHECK(other.code == 3);
  CHECK(other.err.find("another machine (Paper CPU)") != std::string::npos);
  put(shell.folder() / "old.json", calibration_json(seen_before(Seconds(0))));
  CHECK(shell.run("calibrate --watch 1s -o old.json").err.find("run forerun calibrate again") != std::string::npos);
}

TEST_CASE("a watch takes a time from a second to an hour, and stands alone") {
  const CommandLine shell;
  for (const std::string duration : {"5", "0.5s", "2h", "-1s", "''", "'5 parsecs'"}) {
    INFO(duration);
    const Answer answer = shell.run("calibrate -o paper.json --watch " + duration);
    CHECK(answer.code == 3);
    CHECK(answer.err.find("--watch") == 0);
  }
  for (const std::string other : {"--quick", "--full", "--network", "--no-network", "--device cpu"}) {
    INFO(other);
    CHECK(shell.run("calibrate --watch 1s " + other).code == 2);
  }
}
