#include <catch2/catch.hpp>

#include "tests/cli/command_line.hpp"
#include "tests/cli/documented_commands.hpp"

using namespace forerun;

namespace {

const std::string kQuestion =
    "--workload resnet50 --set workload.batch=256 --set workload.precision=fp16 --set run.epochs=2 --platform aws:p3.2xlarge "
    "--strategy data=all,runtime=pytorch-ddp --vary platform=aws:p3.8xlarge,gcp:a2-highgpu-1g,gcp:a2-highgpu-4g --vary platform.nodes=1,2 "
    "--vary run.market=on-demand,spot ";

YamlNode report(const CommandLine& shell) { return read_yaml_text(shell.run("search report j --format json").out, "report"); }

}  // namespace

TEST_CASE("the documented search over machine, count, strategy and market finds what whatif finds among all") {
  const CommandLine shell;
  std::filesystem::create_directory(shell.folder() / "build");
  std::string question;
  for (const std::string& command : documented_commands("docs/search.md", "How to search"))
    if (command.find("build/joint.search") != std::string::npos) {
      CAPTURE(command);
      if (command.starts_with("search init")) question = command.substr(command.find("--workload"));
      CHECK(shell.run(command).code == 0);
    }
  REQUIRE_FALSE(question.empty());
  const YamlNode found = read_yaml_text(shell.run("search report build/joint.search --format json").out, "report");
  const Answer answer = shell.run("whatif --engine sim --samples 0 --format json " + question);
  REQUIRE(answer.code == 0);
  const YamlNode all = read_yaml_text(answer.out, "whatif");
  CHECK(value_of(*found.find("best"), "candidate") == value_of(all, "best"));
  CHECK(value_of(all, "best") == "2 x azure:Standard_NC48ads_A100_v4, data=all,runtime=pytorch-ddp, spot");
  CHECK(items(*all.find("variants")).size() == 48);
  CHECK(items(*found.find("runs")).size() == 6);
  CHECK(value_of(items(*found.find("runs")).front(), "candidate") == value_of(all, "best"));
}

TEST_CASE("a search over a scenario tells a command all of it") {
  const CommandLine shell;
  put(shell.folder() / "run.sh", "echo \"$1|$2|$3|$FORERUN_WORKLOAD_BATCH\" >>ledger\necho seconds=1000\n");
  REQUIRE(shell.run("search init j " + kQuestion + "--runs 1").code == 0);
  const Answer answer = shell.run("search run j -- sh run.sh {platform} {platform.nodes} {run.market}");
  CHECK(answer.code == 5);
  CHECK(get(shell.folder() / "ledger") == "aws:p3.8xlarge|1|spot|256\n");
}

TEST_CASE("an engine's evaluations go on where they were, and are written down as runs are") {
  const CommandLine shell;
  REQUIRE(shell.run("search init j " + kQuestion + "--runs 2 --prior none").code == 0);
  CHECK(shell.run("search run j --evaluate oracle").code == 5);
  const YamlNode found = report(shell);
  REQUIRE(items(*found.find("runs")).size() == 2);
  const YamlNode& first = items(*found.find("runs")).front();
  const std::string name = value_of(first, "candidate");
  const Answer all = shell.run("whatif --samples 0 --format json " + kQuestion);
  const YamlNode document = read_yaml_text(all.out, "whatif");
  bool found_it = false;
  for (const YamlNode& row : items(*document.find("variants")))
    if (value_of(row, "label") == name) {
      found_it = true;
      CHECK(value_of(first, "seconds") == value_of(*row.find("time_s"), "value"));
      CHECK(std::stod(value_of(first, "usd")) == Approx(std::stod(value_of(*row.find("cost_usd"), "value"))));
    }
  CHECK(found_it);
}

TEST_CASE("a search begins with a table or with a scenario, and an engine evaluates scenarios alone") {
  const CommandLine shell;
  put(shell.folder() / "space.csv", "candidate,nodes,usd_per_h\none,1,1\ntwo,2,2\n");
  CHECK(shell.run("search init j").code == 2);
  CHECK(shell.run("search init j --space space.csv --workload resnet50").code == 2);
  for (const std::string option : {"--vary platform.nodes=1,2", "--change platform.nodes=2", "--prior sim", "--set run.steps=1"})
    CHECK(shell.run("search init j --space space.csv " + option).code == 2);
  const Answer prior = shell.run("search init j " + kQuestion + "--prior orakel");
  CHECK(prior.code == 3);
  CHECK(prior.err.find("--prior: is no engine (got orakel, allowed oracle, sim, none). Did you mean oracle?") == 0);
  CHECK(shell.run("search init j " + kQuestion + "--vary nodes=1,2").err.find("Did you mean platform.nodes?") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(shell.folder() / "j"));
  REQUIRE(shell.run("search init j --space space.csv").code == 0);
  const Answer table = shell.run("search run j --evaluate sim");
  CHECK(table.code == 3);
  CHECK(table.err.find("is no scenario: an engine can evaluate only what --workload was given for") != std::string::npos);
}

TEST_CASE("the report of a scenario's search names what is excluded, and what prices rest on") {
  const CommandLine shell;
  REQUIRE(shell.run("search init j " + kQuestion + "--change workload.batch=200000 --runs 1 --job 'our training'").code == 0);
  const Answer answer = shell.run("search run j --evaluate sim");
  CHECK(answer.out.find("our training: ") == 0);
  CHECK(answer.out.find("13 configurations, 1 excluded") != std::string::npos);
  CHECK(answer.out.find("machines are never taken away") != std::string::npos);
  CHECK(answer.out.find("predicted times are of the whole run, by the oracle") != std::string::npos);
}
