#include <catch2/catch.hpp>

#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

const std::string kAllReduce =
    "predict --workload all-reduce --platform cpu-cluster --set platform.nodes=8 --samples 0 --format json --strategy data=8";

double step_of(const CommandLine& shell, const std::string& arguments) {
  const Answer answer = shell.run(arguments);
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  return std::stod(value_of(read_yaml_text(answer.out, "out"), "step_time_s"));
}

std::string complaint(const std::string& arguments) {
  const CommandLine shell;
  const Answer answer = shell.run(arguments);
  CHECK(answer.code == 3);
  return answer.err;
}

}  // namespace

TEST_CASE("a collective alone takes its closed form, in the oracle and in the simulator") {
  const CommandLine shell;
  // 10 Gbit/s and 50 us: 14 messages, and 14/8 of the buffer over each link.
  const double closed = 14 * 50e-6 + 14.0 / 8 * 1e9 / 1.25e9;
  for (const std::string engine : {"oracle", "sim", "sim-message"})
    CHECK(step_of(shell, kAllReduce + " --set workload.bytes=1GB --engine " + engine) == Approx(closed).epsilon(1e-5));
  CHECK(step_of(shell, kAllReduce + ",collective=recursive-halving-doubling --set workload.bytes=1GB") ==
        Approx(6 * 50e-6 + 14.0 / 8 * 1e9 / 1.25e9).epsilon(1e-5));
}

TEST_CASE("a prediction of a collective alone runs again from its document") {
  const CommandLine shell;
  const Answer first = shell.run(kAllReduce + " --set workload.bytes=64MiB");
  REQUIRE(first.code == 0);
  put(shell.folder() / "first.json", first.out);
  CHECK(step_of(shell, "predict first.json --samples 0 --format json") ==
        std::stod(value_of(read_yaml_text(first.out, "out"), "step_time_s")));
}

TEST_CASE("a collective alone refuses what means nothing to it, before any engine starts") {
  CHECK(complaint(kAllReduce).find("workload.bytes: is missing") != std::string::npos);
  CHECK(complaint(kAllReduce + " --set workload.bytes=0B").find("workload.bytes") != std::string::npos);
  CHECK(complaint("predict --workload all-reduce --platform cpu-cluster --set workload.bytes=1MB").find("leaves one rank") !=
        std::string::npos);
  CHECK(complaint("predict --workload all-reduce --platform dgx-h100 --strategy data=4,tensor=2 --set workload.bytes=1MB")
            .find("has tensor, which means nothing to a collective alone") != std::string::npos);
  CHECK(complaint("show workload all-reduce").find("is a collective alone") != std::string::npos);
}

TEST_CASE("the plan of a collective alone has the collective by its name, and no buckets") {
  const Answer answer = CommandLine().run(
      "show plan --workload all-reduce --platform cpu-cluster --set platform.nodes=2 --set workload.bytes=1MB --strategy data=2");
  CHECK(answer.code == 0);
  CHECK(answer.out.find("0  data     all-reduce  ") != std::string::npos);
  CHECK(answer.out.find("bucket") == std::string::npos);
}
