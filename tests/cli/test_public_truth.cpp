#include <catch2/catch.hpp>

#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

constexpr double kTolerance = 0.10;

std::string data(const std::string& set) { return FORERUN_VALIDATION_DATA "/" + set + ".csv"; }

/// The median error over all scored rows of a set, and how many these are.
struct Found {
  double median = 0;
  int rows = 0;
};
Found scored(const std::string& arguments) {
  const CommandLine shell;
  const Answer answer = shell.run("validate " + arguments + " --engine sim --samples 0 --by set --format json");
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  const YamlNode document = read_yaml_text(answer.out, "out");
  const YamlNode& set = document.find("groups")->children.front();
  return {std::stod(value_of(set, "median_error")), std::stoi(value_of(set, "n"))};
}

}  // namespace

TEST_CASE("half of the sizes of each series of all-reduces tell the simulator the other half", "[paper]") {
  const Found found =
      scored(data("all_reduce_series") + " --fit every=2 --unknowns collective-overhead,intra-node-bandwidth,link-bandwidth,link-latency" +
             " --leave-out group=one-or-two-sizes");
  CHECK(found.rows == 113);
  CHECK(found.median < kTolerance);
}

TEST_CASE("steps of 2016 and 2017 over parameter servers and several GPUs are simulated with nothing fitted", "[paper][slow]") {
  CHECK(scored(data("tensorflow_2017_servers")).median < kTolerance);
  CHECK(scored(data("mxnet_p2_servers")).median < kTolerance);
}

TEST_CASE("one server's workers on small machines are ordered as they were measured, whoever waits for whom") {
  const CommandLine shell;
  const Answer answer = shell.run("validate " + data("lynceus_servers") + " --samples 0 --format json");
  REQUIRE(answer.code == 0);
  const YamlNode document = read_yaml_text(answer.out, "out");
  const YamlNode* groups = document.find("groups");
  REQUIRE(groups->children.size() == 4);
  for (const YamlNode& group : groups->children) {
    INFO(value_of(group, "group"));
    CHECK(std::stod(value_of(group, "rank_correlation")) > 0.95);
    CHECK(std::stod(value_of(group, "median_error")) < 0.15);
  }
}
