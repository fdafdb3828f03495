#include <catch2/catch.hpp>
#include <cstdlib>
#include <thread>

#include "tests/cli/command_line.hpp"
#include "validation/measured_runs.hpp"

using namespace forerun;

namespace {

#ifdef FORERUN_HAS_RANKS
constexpr bool kHasRanks = true;
#else
constexpr bool kHasRanks = false;
#endif

bool can_start_ranks() { return kHasRanks && std::system("command -v mpirun >/dev/null") == 0 && std::thread::hardware_concurrency() >= 2; }

/// Two nodes of one device.
void put_pair(const CommandLine& shell) {
  put(shell.folder() / "pair.yaml",
      "name: pair\nnodes: 2\ndevices-per-node: 1\ndevice: cpu\nmemory-per-node: 1GiB\nlink-bandwidth: 1GB/s\nlink-latency: 5us\n");
}

}  // namespace

TEST_CASE("links between ranks are appended as measured runs, to which a platform's links are fitted") {
  if (!can_start_ranks()) {
    WARN("left out: several ranks need OpenMPI and two cores");
    return;
  }
  const CommandLine shell;
  put_pair(shell);
  const Answer answer = shell.run("calibrate --links links.csv --platform pair.yaml");
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  const std::vector<MeasuredRun> runs = read_measured_runs(shell.folder() / "links.csv");
  REQUIRE(runs.size() == 22);
  for (const MeasuredRun& run : runs) {
    CHECK(run.workload.value == (run.group == "ping-pong" ? "broadcast" : "all-reduce"));
    CHECK(run.strategy.value == "data=2");
    CHECK(run.platform.value.ends_with("pair.yaml"));
    CHECK(run.value > 0);
  }
  const Answer fitted =
      shell.run("calibrate --from links.csv --fit group=ping-pong --unknowns link-bandwidth,link-latency -c ./paper.json -o fitted.json");
  INFO(fitted.err);
  REQUIRE(fitted.code == 0);
  CHECK(shell.run("validate links.csv --calibration ./fitted.json --score group=all-reduce").out.find("11 of 11 rows scored") !=
        std::string::npos);
}

TEST_CASE("what is wrong with links to measure is said before any rank starts") {
  const CommandLine shell;
  put_pair(shell);
  const auto refused = [&](const std::string& options, const std::string& why) {
    const Answer answer = shell.run("calibrate --links links.csv " + options);
    INFO(answer.err);
    CHECK(answer.code == 3);
    CHECK(answer.err.find(why) != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(shell.folder() / "links.csv"));
  };
  refused("--ranks 1", "--ranks");
  refused("--platform pair.yaml --ranks 3", "--platform: has 2 devices, and 3 ranks stand on it");
  refused("--platform nowhere", "nowhere");
  CHECK(shell.run("calibrate --links links.csv --quick").code == 2);
  CHECK(shell.run("calibrate --ranks 2").code == 2);
}

TEST_CASE("a run names the platform that its ranks stand on, which has room for them") {
  const CommandLine shell;
  put_pair(shell);
  const std::string train = "train --workload logistic-regression --set workload.batch=16 --steps 2 --warm-up 0 --append runs.csv ";
  REQUIRE(shell.run(train + "--platform pair.yaml").code == 0);
  CHECK(read_measured_runs(shell.folder() / "runs.csv").front().platform.value.ends_with("pair.yaml"));
  const Answer many = shell.run(train + "--platform pair.yaml --strategy data=4");
  CHECK(many.code == 3);
  CHECK(many.err.find("--platform: has 2 devices, and 4 ranks stand on it") != std::string::npos);
}
