#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <thread>

#include "io/csv.hpp"
#include "io/quantity.hpp"
#include "kernels/trainer/core_pin.hpp"
#include "tests/cli/command_line.hpp"
#include "validation/measured_runs.hpp"

using namespace forerun;

namespace {

const std::string kTrain = "train --workload logistic-regression --set workload.batch=16 --steps 5 --warm-up 1 ";

#ifdef FORERUN_HAS_RANKS
constexpr bool kHasRanks = true;
#else
constexpr bool kHasRanks = false;
#endif

}  // namespace

TEST_CASE("training reports its step time and its loss") {
  const Answer answer = CommandLine().run(kTrain + "--format json");
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  const YamlNode document = read_yaml_text(answer.out, "out");
  CHECK(value_of(document, "steps") == "5");
  CHECK(value_of(document, "ranks") == "1");
  CHECK(std::stod(value_of(document, "step_time_s")) > 0);
  CHECK(std::stod(value_of(document, "step_time_p10_s")) <= std::stod(value_of(document, "step_time_p90_s")));
}

TEST_CASE("a run is appended in the schema, with every step time and operation beside it") {
  const CommandLine shell;
  REQUIRE(shell.run(kTrain + "--append runs.csv --run first --group g").code == 0);
  REQUIRE(shell.run(kTrain + "--append runs.csv --run second --group g --set run.seed=3").code == 0);
  const auto runs = read_measured_runs(shell.folder() / "runs.csv");
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].run == "first");
  CHECK(runs[0].group == "g");
  CHECK(runs[0].platform.value == "this-machine");
  CHECK(runs[0].strategy.value == "data=1,runtime=forerun");
  CHECK(runs[0].metric == "step_time_s");
  CHECK(runs[0].repeats == 5);
  CHECK_FALSE(runs[0].host.empty());
  CHECK(runs[0].date.size() == 20);
  REQUIRE(runs[1].settings.size() == 2);
  CHECK(runs[1].settings[1].value == "run.seed=3");
  const std::string steps = get(shell.folder() / "runs.steps.csv");
  CHECK(steps.find("run,step,step_time_s\nfirst,0,") == 0);
  CHECK(std::count(steps.begin(), steps.end(), '\n') == 11);
  CHECK(get(shell.folder() / "runs.operations.csv").find("first,0,forward,dense-1,") != std::string::npos);
}

TEST_CASE("a run that is there already is refused before anything is trained") {
  const CommandLine shell;
  REQUIRE(shell.run(kTrain + "--append runs.csv --run first").code == 0);
  const std::string before = get(shell.folder() / "runs.csv");
  const Answer answer = shell.run(kTrain + "--append runs.csv --run first");
  CHECK(answer.code == 3);
  CHECK(answer.err.find("--run: names a run that runs.csv has (got first)") != std::string::npos);
  CHECK(get(shell.folder() / "runs.csv") == before);
}

TEST_CASE("the time of each operation is shown when asked for") {
  const CommandLine shell;
  CHECK(shell.run(kTrain).out.find("backward_weights") == std::string::npos);
  CHECK(shell.run(kTrain + "--operations").out.find("backward_weights") != std::string::npos);
}

TEST_CASE("the time of each operation as CSV is a number of seconds") {
  const CsvTable rows = read_csv_text(CommandLine().run(kTrain + "--operations --format csv").out, "out");
  REQUIRE(!rows.rows.empty());
  for (const char* column : {"median_s", "p10_s", "p90_s", "wait_s"}) CHECK(parse_number(rows.at(0, column), 0, 10) >= 0);
}

TEST_CASE("a batch that does not divide, and more ranks than cores, are answered with no") {
  const CommandLine shell;
  const Answer many = shell.run(kTrain + "--strategy data=4096 --set workload.batch=4096 --append runs.csv");
  CHECK(many.code == 1);
  CHECK(many.out.find("infeasible: the strategy needs 4096 devices") == 0);
  CHECK(shell.folder().entries() == 1);
}

TEST_CASE("a file that the run could not be added to is refused before the training") {
  const CommandLine shell;
  for (const char* name : {"runs.csv", "runs.steps.csv", "runs.operations.csv"}) {
    put(shell.folder() / name, "some,other,columns\n");
    const Answer answer = shell.run(kTrain + "--append runs.csv");
    CHECK(answer.code == 3);
    CHECK(answer.err.find("has another header") != std::string::npos);
    CHECK(get(shell.folder() / name) == "some,other,columns\n");
    std::filesystem::remove(shell.folder() / name);
  }
}

TEST_CASE("runs are not added to a device") {
  const Answer answer = CommandLine().run(kTrain + "--append /dev/full");
  CHECK(answer.code == 3);
  CHECK(answer.err == "--append: is not a regular file, and runs are added to one (got /dev/full)\n");
}

TEST_CASE("the run's length is an option of train, not a setting") {
  const Answer answer = CommandLine().run(kTrain + "--set run.steps=7");
  CHECK(answer.code == 3);
  CHECK(answer.err.find("use --steps") != std::string::npos);
}

TEST_CASE("one process trains on two cores, but several ranks, and runs to be predicted, have one each") {
  const CommandLine shell;
  const auto error = [&](const std::string& options) { return shell.run(kTrain + options).err; };
  if (usable_cores().size() > 1) {
    CHECK(shell.run(kTrain + "--threads 2").code == 0);
    CHECK_THAT(error("--threads 2 --strategy data=2"),
               Catch::Contains("--threads: has no meaning for several ranks, each of which is a core"));
    CHECK_THAT(error("--threads 2 --append runs.csv"), Catch::Contains("--threads: has no meaning with --append"));
  }
  CHECK_THAT(error("--threads 0"), Catch::Contains("--threads") && Catch::Contains("got 0"));
  CHECK_THAT(error("--threads 100000"), Catch::Contains("--threads") && Catch::Contains("got 100000"));
}

TEST_CASE("a runtime that is not the trainer's own is a missing capability, and no run is appended under its name") {
  const CommandLine shell;
  const Answer answer = shell.run(kTrain + "--strategy data=1,runtime=pytorch-ddp --append runs.csv");
  CHECK(answer.code == 6);
  CHECK(answer.err.find("runtime=pytorch-ddp") != std::string::npos);
  CHECK(answer.err.find("--strategy data=1,overlap=data,bucket=25MiB") != std::string::npos);
  const std::string megatron = shell.run(kTrain + "--strategy data=1,runtime=megatron").err;
  CHECK(megatron.find("leave the runtime out. What both do is a strategy such as --strategy data=1,overlap=none,bucket=1TiB\n") !=
        std::string::npos);
  CHECK(shell.run(kTrain + "--strategy data=1,overlap=none,bucket=1TiB").code == 0);
  CHECK(shell.folder().entries() == 1);
  CHECK(shell.run("train --help").out.find("runtime=forerun") != std::string::npos);
}

TEST_CASE("an axis that the trainer does not execute is a missing capability before anything starts") {
  const CommandLine shell;
  for (const std::string axis : {"tensor=2", "context=2", "spatial=1x2", "data=2,expert=2", "data=2,zero=1", "offload=optimizer"}) {
    const Answer answer = shell.run(kTrain + "--append runs.csv --strategy " + axis);
    INFO(axis << ": " << answer.err);
    CHECK(answer.code == 6);
    CHECK(answer.err.find("does not execute " + axis.substr(axis.find(',') + 1) + ";") != std::string::npos);
    CHECK(shell.folder().entries() == 1);
  }
}

TEST_CASE("parameter servers that the trainer has not are a missing capability before anything starts") {
  const CommandLine shell;
  const std::vector<std::pair<std::string, std::string>> cases{{"sync=off", "server-nodes=shared with sync=off"},
                                                               {"variables=partitioned", "variables=partitioned"},
                                                               {"overlap=data", "overlap=data with servers"}};
  for (const auto& [setting, named] : cases) {
    const Answer answer = shell.run(kTrain + "--strategy servers=1,server-nodes=shared,runtime=forerun," + setting);
    INFO(setting << ": " << answer.err);
    CHECK(answer.code == 6);
    CHECK(answer.err.find("does not execute " + named) != std::string::npos);
  }
  CHECK(shell.run(kTrain + "--strategy servers=1").err.find("say runtime=forerun") != std::string::npos);
}

TEST_CASE("two ranks train through forerun-ranks") {
  const std::string strategy =
      GENERATE("data=2", "filter=2", "pipeline=2,micro-batches=2", "data=2,servers=1,server-nodes=shared,runtime=forerun");
  const Answer answer = CommandLine().run(kTrain + "--strategy " + strategy + " --format json");
  INFO(answer.err);
  if (!kHasRanks || std::system("command -v mpirun >/dev/null") != 0 || std::thread::hardware_concurrency() < 2) {
    WARN("left out: several ranks need OpenMPI and two cores");
    return;
  }
  REQUIRE(answer.code == 0);
  CHECK(value_of(read_yaml_text(answer.out, "out"), "ranks") == "2");
}

TEST_CASE("exchanges of layers that ranks share are logged with their layer, and the run is validated") {
  const CommandLine shell;
  const Answer answer = shell.run(kTrain + "--strategy filter=2 --append runs.csv --run shared");
  INFO(answer.err);
  if (!kHasRanks || std::system("command -v mpirun >/dev/null") != 0 || std::thread::hardware_concurrency() < 2) {
    WARN("left out: several ranks need OpenMPI and two cores");
    return;
  }
  REQUIRE(answer.code == 0);
  CHECK(get(shell.folder() / "runs.operations.csv").find(",all_gather,dense-1,") != std::string::npos);
  const Answer validated = shell.run("validate runs.csv -c paper.json");
  INFO(validated.err);
  CHECK(validated.code == 0);
  CHECK(validated.out.find("shared") != std::string::npos);
}

TEST_CASE("what ranks cannot share is a missing capability before any of them starts") {
  const CommandLine shell;
  put(shell.folder() / "shared.yaml",
      "input: {channels: 2, height: 8, width: 8}\nlayers:\n"
      "  - {kind: conv2d, channels: 4, window: 3, padding: 1}\n  - {kind: dropout}\n  - {kind: dense, outputs: 4}\n"
      "  - {kind: softmax-cross-entropy}\n");
  const std::string train = "train --workload ./shared.yaml --set workload.batch=4 --steps 2 --strategy ";
  const Answer dropped = shell.run(train + "spatial=2");
  CHECK(dropped.code == 6);
  CHECK(dropped.err.find("dropout-1 drops of parts of images") != std::string::npos);
  const Answer tied = shell.run(
      "train --workload gpt --set workload.layers=1 --set workload.hidden=16 --set workload.heads=2 "
      "--set workload.vocabulary=12 --set workload.sequence=6 --set workload.batch=2 --strategy filter=2");
  CHECK(tied.code == 6);
  CHECK(tied.err.find("head has another layer's") != std::string::npos);
}

TEST_CASE("a table that others than the first and the last stage share is a missing capability") {
  const CommandLine shell;
  put(shell.folder() / "tied.yaml",
      "input: {tokens: 8}\nlayers:\n"
      "  - {kind: embedding, rows: 32, outputs: 16}\n"
      "  - {kind: relu}\n"
      "  - {kind: dense, outputs: 32, per-position: true, bias: false, tied-to: embedding-1}\n"
      "  - {kind: softmax-cross-entropy}\n");
  put(shell.folder() / "three.yaml",
      "nodes: 3\ndevices-per-node: 1\ndevice: cpu\nmemory-per-node: 1GiB\nlink-bandwidth: 1GB/s\nlink-latency: 5us\n");
  // The loss is a stage of its own, behind the one that shares the table.
  const Answer answer = shell.run(
      "train --workload ./tied.yaml --platform ./three.yaml --set workload.batch=12 --strategy pipeline=3,micro-batches=2 --steps 2");
  INFO(answer.err);
  CHECK(answer.code == 6);
  if (kHasRanks && std::system("command -v mpirun >/dev/null") == 0)
    CHECK(answer.err.find("share one table between the first and the last of them; dense-1 shares another") != std::string::npos);
  CHECK(shell.run(kTrain + "--strategy data=2,recompute=full").err.find("does not execute recompute=full") != std::string::npos);
}

TEST_CASE("what was trained from a file is validated from anywhere") {
  const CommandLine shell;
  std::filesystem::create_directories(shell.folder() / "nets");
  put(shell.folder() / "nets/tiny.yaml",
      "name: tiny\ninput: {channels: 8, height: 1, width: 1}\nlayers:\n  - {kind: dense, outputs: 4}\n  - {kind: softmax-cross-entropy}\n");
  const Answer trained =
      shell.run("train --workload nets/tiny.yaml --set workload.batch=4 --steps 3 --warm-up 1 --append runs.csv --run tiny");
  INFO(trained.err);
  REQUIRE(trained.code == 0);
  CHECK(get(shell.folder() / "runs.csv").find("tiny,train,nets/tiny.yaml,this-machine,") != std::string::npos);
  const std::string folder = shell.folder().path().string();
  const Answer validated =
      shell.run("--version >/dev/null; cd / && " FORERUN_BINARY " validate '" + folder + "/runs.csv' -c '" + folder + "/paper.json'");
  INFO(validated.err);
  CHECK(validated.code == 0);
  CHECK(validated.out.find("tiny") != std::string::npos);
}
