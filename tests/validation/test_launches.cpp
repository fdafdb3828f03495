#include <catch2/catch.hpp>

#include "tests/support/folder.hpp"
#include "validation/launches.hpp"

using namespace forerun;

namespace {

MeasuredRun launch(const std::string& name, double value, const std::string& batch = "64") {
  MeasuredRun run;
  run.run = name;
  run.group = "g";
  run.workload.value = "mlp";
  run.platform.value = "this-machine";
  run.strategy.value = "data=2";
  run.settings = {Text{batch, "", 0, 0, "workload.batch"}};
  run.value = value;
  return run;
}

}  // namespace

TEST_CASE("launches of the same thing become one run over all their steps") {
  const std::vector<MeasuredRun> runs{launch("a", 2), launch("other", 9, "32"), launch("b", 5)};
  const StepTimes steps{{"a", {1, 2, 3}}, {"b", {4, 5, 6, 7, 8, 9, 10, 11}}, {"other", {9}}};
  const auto pooled = pool_launches(runs, steps);
  REQUIRE(pooled.size() == 2);
  CHECK(pooled[0].run == "a");
  CHECK(pooled[0].value == 6);
  CHECK(pooled[0].p10 == 2);
  CHECK(pooled[0].p90 == 10);
  CHECK(pooled[0].repeats == 2);
  CHECK(pooled[1] == runs[1]);
}

TEST_CASE("without every launch's steps their values are pooled") {
  const std::vector<MeasuredRun> runs{launch("a", 1), launch("b", 3), launch("c", 2)};
  CHECK(pool_launches(runs, {{"a", {100, 200}}})[0].value == 2);
}

TEST_CASE("a run that did not end ok is not pooled") {
  std::vector<MeasuredRun> runs{launch("a", 1), launch("b", 3)};
  runs[1].status = RunStatus::failed;
  CHECK(pool_launches(runs, {}).size() == 2);
}

TEST_CASE("a run of another strategy, platform or metric is another run") {
  std::vector<MeasuredRun> runs{launch("a", 1), launch("b", 2), launch("c", 3), launch("d", 4)};
  runs[1].strategy.value = "data=1";
  runs[2].platform.value = "cpu-cluster";
  runs[3].metric = "epoch_time_s";
  CHECK(pool_launches(runs, {}).size() == 4);
}

TEST_CASE("step times are read from the file beside the runs") {
  const Folder folder;
  put(folder.path() / "r.steps.csv", "run,step,step_time_s\na,0,0.5\nb,0,0.25\na,1,1.5\n");
  const StepTimes times = read_step_times(folder.path() / "r.csv");
  CHECK(times.at("a") == std::vector<double>{0.5, 1.5});
  CHECK(times.at("b") == std::vector<double>{0.25});
  CHECK(read_step_times(folder.path() / "none.csv").empty());
  put(folder.path() / "bad.steps.csv", "run,step,step_time_s\na,0,-1\n");
  CHECK_THROWS_AS(read_step_times(folder.path() / "bad.csv"), BadInput);
}

TEST_CASE("step times of many long trainings are read") {
  const Folder folder;
  const std::string name(1000, 'x');
  std::string text = "run,step,step_time_s\n";
  for (int step = 0; step < 20000; ++step) text += name + "," + std::to_string(step) + ",0.5\n";
  put(folder.path() / "r.steps.csv", text);
  CHECK(read_step_times(folder.path() / "r.csv").at(name).size() == 20000);
}
