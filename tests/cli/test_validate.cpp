#include <catch2/catch.hpp>

#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

const std::string kHeader = "run,group,workload,platform,strategy,set,metric,value,status\n";

std::string row(const std::string& name, const std::string& group, const std::string& batch, const std::string& value,
                const std::string& strategy = "serial", const std::string& metric = "step_time_s") {
  return name + "," + group + ",mlp,cpu-cluster," + strategy + ",workload.batch=" + batch + "," + metric + "," + value + ",ok\n";
}

/// The step time that is predicted for mlp on one device.
double predicted(const CommandLine& shell, const std::string& batch) {
  const Answer answer =
      shell.run("predict --workload mlp --platform cpu-cluster --calibration ./paper.json --format json --set workload.batch=" + batch);
  return std::stod(value_of(read_yaml_text(answer.out, "out"), "step_time_s"));
}

YamlNode validated(const CommandLine& shell, const std::string& options, int code = 0) {
  const Answer answer = shell.run("validate runs.csv --calibration ./paper.json --format json " + options);
  INFO(answer.err);
  CHECK(answer.code == code);
  return read_yaml_text(answer.out, "out");
}

double number(const YamlNode& document, const std::string& list, std::size_t index, const std::string& key) {
  return std::stod(value_of(document.find(list)->children.at(index), key));
}

}  // namespace

TEST_CASE("the template is a file of measured runs") {
  const CommandLine shell;
  const Answer answer = shell.run("validate --template");
  CHECK(answer.code == 0);
  CHECK(answer.out.find("run,group,workload,platform,strategy,set,metric,value,p10,p90,repeats,status,source,date,host,note\n") == 0);
}

TEST_CASE("rows and groups carry their errors under the design's names") {
  const CommandLine shell;
  const double eight = predicted(shell, "8"), sixteen = predicted(shell, "16");
  put(shell.folder() / "runs.csv",
      kHeader + row("a", "g", "8", std::to_string(eight / 2)) + row("b", "g", "16", std::to_string(sixteen * 2)));
  const YamlNode document = validated(shell, "");
  CHECK(number(document, "rows", 0, "error") == Approx(1).epsilon(1e-2));
  CHECK(number(document, "rows", 1, "error") == Approx(-0.5).epsilon(1e-2));
  CHECK(number(document, "groups", 0, "n") == 2);
  CHECK(number(document, "groups", 0, "median_error") == Approx(0.75).epsilon(1e-2));
  CHECK(number(document, "groups", 0, "bias") == Approx(0.25).epsilon(1e-1));
  CHECK(number(document, "groups", 0, "pairs_ordered") == 1);
  CHECK(number(document, "rows", 0, "p10") < number(document, "rows", 0, "predicted"));
  CHECK(number(document, "rows", 0, "p90") > number(document, "rows", 0, "predicted"));
  CHECK(number(document, "groups", 0, "coverage") == 0);
  CHECK(number(document, "coverage", 0, "coverage") == 0);
  CHECK(number(document, "coverage", 0, "median_width") > 0.01);
}

TEST_CASE("a tolerance that is kept is exit code 0, one that is not is 1") {
  const CommandLine shell;
  put(shell.folder() / "runs.csv", kHeader + row("a", "g", "8", std::to_string(predicted(shell, "8") * 1.1)));
  validated(shell, "--tolerance 15%", 0);
  validated(shell, "--tolerance 0.05", 1);
}

TEST_CASE("a tolerance above one is a percentage") {
  const CommandLine shell;
  put(shell.folder() / "runs.csv", kHeader + row("a", "g", "8", "1"));
  const Answer answer = shell.run("validate runs.csv --calibration ./paper.json --tolerance 15");
  CHECK(answer.code == 3);
  CHECK(answer.err.find("--tolerance: is more than 1 without a per cent sign") != std::string::npos);
  CHECK(answer.err.find("Did you mean 15%?") != std::string::npos);
  validated(shell, "--tolerance 150%", 0);
}

TEST_CASE("a verdict says how many rows it stands for, and is no where a run was predicted infeasible") {
  const CommandLine shell;
  const std::string good = row("a", "g", "8", std::to_string(predicted(shell, "8")));
  const auto verdict = [&](const std::string& more, int code) {
    put(shell.folder() / "runs.csv", kHeader + good + more);
    const Answer answer = shell.run("validate runs.csv --calibration ./paper.json --tolerance 15%");
    CHECK(answer.code == code);
    return answer.out.substr(answer.out.rfind('\n', answer.out.size() - 2) + 1);
  };
  CHECK(verdict(row("b", "g", "8", "0.5", "serial", "mfu"), 0) ==
        "1 of 2 rows scored; within the tolerance of 15.0 % on each group's median error\n");
  CHECK(verdict(row("b", "g", "9", "1", "data=2"), 1) ==
        "1 of 2 rows scored, 1 that ran predicted infeasible; outside the tolerance of 15.0 % on each group's median error\n");
}

TEST_CASE("a file without measured runs is told so") {
  const CommandLine shell;
  put(shell.folder() / "runs.csv", kHeader);
  const Answer answer = shell.run("validate runs.csv --calibration ./paper.json");
  CHECK(answer.code == 3);
  CHECK(answer.err == "runs.csv: holds no measured runs, only its head line\n");
}

TEST_CASE("nothing scored is within no tolerance") {
  const CommandLine shell;
  put(shell.folder() / "runs.csv", kHeader + row("a", "g", "8", "0.5", "serial", "mfu"));
  const YamlNode document = validated(shell, "--tolerance 15%", 1);
  CHECK(value_of(document.find("rows")->children[0], "reason") == "oracle does not predict mfu");
}

TEST_CASE("a row whose strategy is not modelled yet stays with its reason") {
  const CommandLine shell;
  put(shell.folder() / "runs.csv", kHeader + row("a", "g", "8", "0.5", "runtime=horovod") + row("b", "g", "9", "1", "data=2"));
  const YamlNode document = validated(shell, "");
  CHECK(value_of(document.find("rows")->children[0], "reason").find("horovod") != std::string::npos);
  CHECK(value_of(document.find("rows")->children[1], "reason").find("infeasible") != std::string::npos);
  CHECK(number(document, "groups", 0, "n") == 0);
}

TEST_CASE("a fit on one group scales the other, and its rows are not scored") {
  const CommandLine shell;
  put(shell.folder() / "runs.csv", kHeader + row("a", "fit", "8", std::to_string(predicted(shell, "8") * 1000)) +
                                       row("b", "score", "16", std::to_string(predicted(shell, "16") * 1000)));
  const YamlNode document = validated(shell, "--fit group=fit");
  REQUIRE(document.find("rows")->children.size() == 1);
  CHECK(number(document, "rows", 0, "error") == Approx(0).margin(1e-2));
  CHECK(number(document, "fitted", 0, "value") == Approx(1000).epsilon(1e-2));
  CHECK(document.find("fitted")->children[0].find("runs")->children[0].text.value == "a");
}

TEST_CASE("the same rows are never fitted and scored, and selections that match nothing are refused") {
  const CommandLine shell;
  put(shell.folder() / "runs.csv", kHeader + row("a", "one", "8", "1"));
  const auto complaint = [&](const std::string& options) {
    const Answer answer = shell.run("validate runs.csv --calibration ./paper.json " + options);
    CHECK(answer.code == 3);
    return answer.err;
  };
  CHECK(complaint("--fit group=one --score run=a").find("--score: a row that is fitted cannot be scored (got a)") != std::string::npos);
  CHECK(complaint("--fit group=onee").find("Did you mean one?") != std::string::npos);
  CHECK(complaint("--fit one").find("--fit: selects no rows") != std::string::npos);
  CHECK(complaint("--solve platform.link-bandwidth=1").find("--solve:") != std::string::npos);
}

TEST_CASE("rows of several files that have one name are told apart and summed up by device") {
  const CommandLine shell;
  const double eight = predicted(shell, "8");
  put(shell.folder() / "runs.csv", kHeader + row("a", "g", "8", std::to_string(eight / 2)) + row("b", "odd", "8", "1"));
  put(shell.folder() / "more.csv", kHeader + row("a", "h", "8", std::to_string(eight)));
  const YamlNode document = validated(shell, "more.csv --by device --leave-out group=odd");
  REQUIRE(document.find("rows")->children.size() == 2);
  CHECK(value_of(document.find("rows")->children[1], "run") == "more/a");
  CHECK(value_of(document.find("rows")->children[1], "file") == "more");
  REQUIRE(document.find("groups")->children.size() == 1);
  CHECK(number(document, "groups", 0, "n") == 2);
  CHECK(number(document, "groups", 0, "files") == 2);
  CHECK(number(document, "groups", 0, "median_error") == Approx(0.5).epsilon(1e-2));
  const Answer page = shell.run("validate runs.csv more.csv --calibration ./paper.json --by device");
  CHECK(page.out.find("sets") != std::string::npos);
  CHECK(page.out.find("measured  ") == std::string::npos);
  const Answer twice = shell.run("validate runs.csv ./runs.csv --calibration ./paper.json");
  CHECK(twice.code == 3);
  CHECK(twice.err.find("has the name of a file before it") != std::string::npos);
}

TEST_CASE("the link speed that explains a row is the one it was made with") {
  const CommandLine shell;
  const std::string scenario =
      "--workload mlp --platform cpu-cluster --strategy data=3 --calibration ./paper.json --set workload.batch=96 "
      "--set platform.nodes=3 --set platform.link-bandwidth=250Mbit/s --format json";
  const YamlNode made = read_yaml_text(shell.run("predict " + scenario).out, "out");
  put(shell.folder() / "runs.csv",
      kHeader + "a,g,mlp,cpu-cluster,data=3,workload.batch=96 platform.nodes=3,step_time_s," + value_of(made, "step_time_s") + ",ok\n");
  const YamlNode document = validated(shell, "--solve platform.link-bandwidth=10Mbit/s..100Gbit/s");
  CHECK(number(document, "solved", 0, "value_bytes_per_s") == Approx(250e6 / 8).epsilon(1e-6));
}

TEST_CASE("both engines are scored side by side") {
  const CommandLine shell;
  put(shell.folder() / "runs.csv", kHeader + row("a", "g", "8", "1"));
  const YamlNode document = validated(shell, "--engine both");
  REQUIRE(document.find("rows")->children.size() == 2);
  CHECK(value_of(document.find("rows")->children[1], "engine") == "sim");
  CHECK(number(document, "rows", 0, "predicted") == Approx(number(document, "rows", 1, "predicted")).epsilon(1e-5));
}

TEST_CASE("a trace is validated by both engines, without a strategy") {
  const CommandLine shell;
  const std::string trace = FORERUN_TEST_DATA "/../workloads/expected/chakra/all_reduce.0.et";
  put(shell.folder() / "runs.csv", kHeader + "a,g," + trace + ",cpu-cluster,,platform.nodes=4,step_time_s,0.003,ok\n");
  const Answer answer = shell.run("validate runs.csv --engine both --format json");
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  const YamlNode document = read_yaml_text(answer.out, "out");
  CHECK(number(document, "rows", 0, "predicted") == Approx(6 * 50e-6 + 1.5 * 1048576 / 1.25e9));
  CHECK(number(document, "rows", 0, "ranks") == 4);
  CHECK(number(document, "rows", 1, "error") == Approx(number(document, "rows", 0, "error")).epsilon(1e-3));
}

TEST_CASE("each engine's own reason is told") {
  const CommandLine shell;
  put(shell.folder() / "runs.csv", kHeader + row("a", "g", "8", "0.5", "serial", "mfu") + row("b", "g", "9", "1", "data=2"));
  const Answer answer = shell.run("validate runs.csv --calibration ./paper.json --engine both");
  CHECK(answer.out.find("oracle: oracle does not predict mfu; sim: sim does not predict mfu\n") != std::string::npos);
  CHECK(answer.out.find("; sim: infeasible") == std::string::npos);  // both say the same
}

TEST_CASE("the measured VGG-11 rows are fitted on one process and scored on three nodes") {
  const CommandLine shell;
  const Answer answer = shell.run("validate '" FORERUN_TEST_DATA
                                  "/../../validation/data/seeds_vgg11.csv' --calibration ./paper.json --fit group=vgg-single "
                                  "--score group=vgg-ddp3 --solve platform.link-bandwidth=10Mbit/s..100Gbit/s");
  INFO(answer.err);
  CHECK(answer.code == 0);
  CHECK(answer.out.find("fitted with oracle: calibration.compute-scale = ") != std::string::npos);
  const std::string solved = answer.out.substr(answer.out.find("platform.link-bandwidth that explains each run"));
  CHECK(solved.find(" 1.98 s ") != std::string::npos);
}

TEST_CASE("rows of this machine are scored under another machine's calibration, with a warning") {
  const CommandLine shell;
  put(shell.folder() / "runs.csv", kHeader + "a,g,mlp,this-machine,serial,workload.batch=8,step_time_s,1,ok\n");
  const Answer answer = shell.run("validate runs.csv --calibration ./paper.json");
  INFO(answer.err);
  CHECK(answer.code == 0);
  CHECK(answer.err.find("warning: calibration synthetic was measured on host ") != std::string::npos);
  const Answer without = shell.run("validate runs.csv");
  CHECK(without.code == 3);
  CHECK(without.err.find("forerun calibrate") != std::string::npos);
}

TEST_CASE("bad input in any row is told with its line, before anything is predicted") {
  const CommandLine shell;
  put(shell.folder() / "runs.csv", kHeader + row("a", "g", "0", "1") + row("b", "g", "8", "-1"));
  const Answer answer = shell.run("validate runs.csv --calibration ./paper.json");
  CHECK(answer.code == 3);
  CHECK(answer.out.empty());
  CHECK(answer.err.find("runs.csv:3:") != std::string::npos);
}

TEST_CASE("operations that a training timed are held against their prices, those that are missed by most first") {
  const CommandLine shell;
  put(shell.folder() / "core.yaml", "nodes: 1\ndevices-per-node: 2\ndevice: cpu\nmemory-per-node: 1GiB\n");
  const std::string train = "train --workload mlp --set workload.batch=16 --steps 5 --warm-up 1 -p ./core.yaml --append runs.csv --run ";
  REQUIRE(shell.run(train + "one").code == 0);
  REQUIRE(shell.run(train + "two --set run.checkpoint-interval=2 --checkpoints saved").code == 0);
  const YamlNode document = validated(shell, "--by operation");
  CHECK(value_of(document, "by") == "operation");
  const std::size_t count = document.find("operations")->children.size();
  REQUIRE(count > 10);
  double forward = 0;
  for (std::size_t i = 0; i < count; ++i) {
    CHECK(number(document, "operations", i, "measured_s") > 0);
    CHECK(number(document, "operations", i, "predicted_s") > 0);
    const YamlNode& one = document.find("operations")->children[i];
    if (value_of(one, "name") == "forward" && value_of(one, "kind") == "dense") forward += number(document, "operations", i, "measured_s");
  }
  bool summed = false;
  for (std::size_t i = 0; i < document.find("kinds")->children.size(); ++i) {
    const YamlNode& kind = document.find("kinds")->children[i];
    if (value_of(kind, "name") != "forward" || value_of(kind, "kind") != "dense") continue;
    CHECK(number(document, "kinds", i, "measured_s") == Approx(forward));
    summed = true;
  }
  CHECK(summed);
  const Answer page = shell.run("validate runs.csv --calibration ./paper.json --by operation --score run=two");
  CHECK(page.code == 0);
  CHECK(page.out.find("two: operations take ") == 0);
  CHECK(page.out.find("one: ") == std::string::npos);
  CHECK(page.out.find("all runs, by kind") != std::string::npos);
}

TEST_CASE("what has no operations says so, and what is not the plan's is refused where it stands") {
  const CommandLine shell;
  put(shell.folder() / "runs.csv", kHeader + row("a", "g", "8", "1") + row("b", "g", "16", "1"));
  const auto said = [&](const std::string& options) {
    return shell.run("validate runs.csv --calibration ./paper.json --by operation " + options).err;
  };
  CHECK(said("").find("runs.operations.csv: is missing or empty: --by operation needs what forerun train --append writes") !=
        std::string::npos);
  CHECK(said("--fit group=g").find("--fit: has no meaning with --by operation") != std::string::npos);
  const std::string head = "run,operation,name,layer,median_s,p10_s,p90_s,wait_s\n";
  put(shell.folder() / "runs.operations.csv", head + "a,0,forward,dense-1,1,1,1,0\n");
  const YamlNode document = validated(shell, "--by operation");
  CHECK(number(document, "operations", 0, "error") < 0);
  CHECK(value_of(document.find("left_out")->children.at(0), "reason") == "no operations of it were measured");
  put(shell.folder() / "runs.operations.csv", head + "a,0,backward,dense-1,1,1,1,0\n");
  CHECK(said("").find("runs.operations.csv:2:5: name: is not this operation of the run's plan (got backward, allowed forward)") !=
        std::string::npos);
}
