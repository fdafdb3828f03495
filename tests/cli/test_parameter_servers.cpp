#include <catch2/catch.hpp>

#include "tests/cli/command_line.hpp"
#include "tests/cli/documented_commands.hpp"

using namespace forerun;

namespace {

std::vector<std::string> documented() { return documented_commands("docs/strategies.md", "Parameter servers"); }

double number(const YamlNode& document, const char* key) { return std::stod(value_of(document, key)); }

bool assumes(const YamlNode& document, const std::string& what) {
  for (const YamlNode& assumption : document.find("assumptions")->children)
    if (assumption.text.value.find(what) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("the commands on parameter servers work as typed, as page and as document, by both engines") {
  const CommandLine shell;
  const std::vector<std::string> commands = documented();
  REQUIRE(commands.size() == 3);
  for (const std::string& command : commands)
    for (const std::string engine : {"oracle", "sim"}) {
      INFO(command << " " << engine);
      const std::string typed = command + (command.find("--engine") == std::string::npos ? " --engine " + engine : "");
      const Answer page = shell.run(typed);
      REQUIRE(page.code == 0);
      CHECK_THAT(page.out, Catch::Contains("runtime=tf-parameter-server") && Catch::Contains("step time"));
      const Answer document = shell.run(typed + " --format json");
      REQUIRE(document.code == 0);
      const YamlNode read = read_yaml_text(document.out, "out");
      CHECK(value_of(read, "runtime") == "tf-parameter-server");
      CHECK(value_of(read, "status") == "ok");
      double parts = 0;
      for (const char* part : {"compute_s", "comm_exposed_s", "bubble_s", "input_exposed_s", "overhead_s"}) parts += number(read, part);
      CHECK(parts == Approx(number(read, "step_time_s")).epsilon(1e-9));
    }
}

TEST_CASE("both engines take the same for a documented step that waits for all, and lie near one another where nobody waits") {
  const CommandLine shell;
  const auto step = [&](const std::string& command, const std::string& engine) {
    return read_yaml_text(shell.run(command + " --samples 0 --format json --engine " + engine).out, "out");
  };
  for (const std::string& command : documented()) {
    if (command.find("--engine") != std::string::npos) continue;
    INFO(command);
    const bool waits = command.find("sync=off") == std::string::npos;
    const YamlNode oracle = step(command, "oracle"), sim = step(command, "sim");
    CHECK(number(sim, "step_time_s") == Approx(number(oracle, "step_time_s")).epsilon(waits ? 1e-5 : 0.05));
    CHECK(assumes(oracle, "asynchronous updates by mean value analysis") == !waits);
    CHECK(assumes(sim, "gradients are stale by") == !waits);
  }
}

TEST_CASE("servers on nodes of their own are met between nodes, however many devices a node has") {
  const CommandLine shell;
  const std::string two =
      "predict --workload resnet50 --platform dgx1-v100 --set platform.nodes=2 --set workload.batch=128 "
      "--strategy data=4,servers=1 --format json";
  CHECK(assumes(read_yaml_text(shell.run(two).out, "out"), "links between nodes"));
}

TEST_CASE("the energy of workers that wait for nobody counts each of them") {
  const CommandLine shell;
  const auto run = [&](const std::string& sync) {
    return read_yaml_text(
        shell
            .run("predict --workload resnet50 --platform gcp:n1-standard-8-v100x1 --set platform.nodes=5 --set run.steps=1000 "
                 "--set workload.batch=128 --samples 0 --format json --strategy data=4,servers=1,sync=" +
                 sync)
            .out,
        "out");
  };
  // What is not taken idle: five devices of 39 W [costs/calibrations/v100.calibration.json].
  const auto computing_j = [](const YamlNode& of) { return number(of, "energy_j") - 5 * 39 * number(of, "total_time_s"); };
  CHECK(computing_j(run("off")) == Approx(computing_j(run("on"))).epsilon(0.1));
}

TEST_CASE("what limits a step with parameter servers adds up to the step") {
  const CommandLine shell;
  for (const std::string& command : documented()) {
    if (command.find("--engine") != std::string::npos) continue;
    INFO(command);
    const YamlNode document = read_yaml_text(shell.run(command + " --samples 0 --explain --format json").out, "out");
    double sum = 0;
    for (const YamlNode& elasticity : document.find("limits")->children) sum += std::stod(elasticity.text.value);
    CHECK(sum == Approx(1).margin(0.01));
    CHECK(std::stod(value_of(*document.find("limits"), "inter_node_bandwidth")) > 0.01);
  }
}
