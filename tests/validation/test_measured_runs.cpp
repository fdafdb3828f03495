#include <catch2/catch.hpp>
#include <filesystem>

#include "io/csv.hpp"
#include "validation/measured_runs.hpp"

using namespace forerun;

namespace {

const std::string kHeader = "run,group,workload,platform,strategy,set,metric,value,p10,p90,repeats,status,source,date,host,note\n";

std::vector<MeasuredRun> read(const std::string& rows) { return read_measured_runs_text(kHeader + rows, "runs.csv", "folder"); }

std::string complaint(const std::string& text) {
  try {
    read_measured_runs_text(text, "runs.csv", "");
  } catch (const BadInput& error) {
    return error.what();
  }
  return "";
}

std::string complaint_of_row(const std::string& row) { return complaint(kHeader + row); }

}  // namespace

TEST_CASE("a row of measured runs is read column by column") {
  const auto runs =
      read("a,g,mlp,cpu-cluster,\"data=2,overlap=data\",workload.batch=64 platform.nodes=2,step_time_s,0.5,0.4,0.7,9,ok,s,d,h,n\n");
  REQUIRE(runs.size() == 1);
  const MeasuredRun& run = runs[0];
  CHECK(run.run == "a");
  CHECK(run.group == "g");
  CHECK(run.workload.value == "mlp");
  CHECK(run.strategy.value == "data=2,overlap=data");
  REQUIRE(run.settings.size() == 2);
  CHECK(run.settings[0].value == "workload.batch=64");
  CHECK(run.settings[1].value == "platform.nodes=2");
  CHECK(run.settings[1].line == 2);
  CHECK(run.value == 0.5);
  CHECK(run.p10 == 0.4);
  CHECK(run.p90 == 0.7);
  CHECK(run.repeats == 9);
  CHECK(run.note == "n");
}

TEST_CASE("a measured run written as a row reads back equal") {
  const auto runs = read("a,g,mlp,cpu-cluster,data=1,workload.batch=64,step_time_s,0.123456789012345678,,,,ok,s,d,h,\"n, m\"\n");
  CHECK(read(csv_line(measured_run_row(runs[0]))) == runs);
}

TEST_CASE("optional columns may be missing or empty, unknown ones are kept") {
  const auto runs = read_measured_runs_text(
      "run,group,workload,platform,strategy,metric,value,colour\na,,mlp,cpu-cluster,serial,epoch_time_s,3,red\n", "r", "");
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].status == RunStatus::ok);
  CHECK_FALSE(runs[0].p10);
  CHECK(runs[0].settings.empty());
  REQUIRE(runs[0].extra.size() == 1);
  CHECK(runs[0].extra[0] == std::pair<std::string, std::string>("colour", "red"));
}

TEST_CASE("a workload's file is found relative to the CSV file, a name is not touched") {
  const auto runs = read("a,g,nets/my.yaml,cpu-cluster,serial,,step_time_s,1,,,,,,,,\n");
  CHECK(runs[0].workload.value == "folder/nets/my.yaml");
  CHECK(runs[0].platform.value == "cpu-cluster");
}

TEST_CASE("only a trace needs no strategy") {
  const auto runs = read("a,g,ring.0.et,cpu-cluster,,,step_time_s,1,,,,,,,,\n");
  CHECK(runs[0].workload.value == "folder/ring.0.et");
  CHECK(runs[0].strategy.value.empty());
  CHECK(complaint_of_row("a,g,mlp,cpu-cluster,,,step_time_s,1,,,,,,,,\n").find("strategy: is empty") != std::string::npos);
}

TEST_CASE("a run that did not end ok needs no value") {
  const auto runs = read("a,g,mlp,p,serial,,step_time_s,,,,,oom,,,,\n");
  CHECK(runs[0].status == RunStatus::oom);
  CHECK(runs[0].value == 0);
}

TEST_CASE("everything wrong with a file of measured runs is said at once, each with its line and column name") {
  const std::string text = complaint_of_row(
      "a,g,mlp,p,serial,,step_tim_s,1,,,,ok,,,,\n"
      "a,g,mlp,p,serial,,step_time_s,-1,,,,ok,,,,\n"
      "c,g,mlp,p,serial,,step_time_s,nan,,,,okk,,,,\n"
      "d,g,mlp,p,serial,,step_time_s,1,3,2,0,ok,,,,\n"
      ",g,,p,serial,,step_time_s,,,,,ok,,,,\n");
  INFO(text);
  CHECK(text.find("runs.csv:2:19: metric: unknown metric (got step_tim_s") != std::string::npos);
  CHECK(text.find("Did you mean step_time_s?") != std::string::npos);
  CHECK(text.find("runs.csv:3:1: run: another row has this name (got a)") != std::string::npos);
  CHECK(text.find("runs.csv:3:31: value:") != std::string::npos);
  CHECK(text.find("runs.csv:4:31: value:") != std::string::npos);
  CHECK(text.find("Did you mean ok?") != std::string::npos);
  CHECK(text.find("p10: p10 is above p90") != std::string::npos);
  CHECK(text.find("runs.csv:5:37: repeats:") != std::string::npos);
  CHECK(text.find("runs.csv:6:1: run: a run needs a name") != std::string::npos);
  CHECK(text.find("workload: is empty") != std::string::npos);
  CHECK(text.find("value: a run that is ok or timed out needs a value") != std::string::npos);
}

TEST_CASE("a missing required column and a truncated row are refused") {
  CHECK(complaint("run,group\na,b\n").find("workload") != std::string::npos);
  CHECK(complaint_of_row("a,g,mlp,p,ser").find("runs.csv:2") != std::string::npos);
}

TEST_CASE("a value of zero is refused") {
  CHECK(complaint_of_row("a,g,mlp,p,serial,,mfu,0,,,,,,,,\n").find("value: must be above zero") != std::string::npos);
}

TEST_CASE("the VGG-11 rows are four runs in two groups, three nodes keeping each its batch") {
  const auto runs = read_measured_runs(std::filesystem::path(FORERUN_TEST_DATA) / "../../validation/data/seeds_vgg11.csv");
  REQUIRE(runs.size() == 4);
  CHECK(runs[0].group == "vgg-single");
  CHECK(runs[0].value == 1.9027502353374774);
  CHECK(runs[3].group == "vgg-ddp3");
  CHECK(runs[3].settings[1].value == "workload.batch=768");
}
