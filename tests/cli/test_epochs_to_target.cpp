#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "tests/cli/command_line.hpp"

using namespace forerun;

namespace {

/// ResNet-50 on eight priced GPUs, data alone.
const std::string kScenario = "--workload resnet50 --set workload.precision=fp16 --platform aws:p3.16xlarge ";
const std::string kPinned = "-s runtime=pytorch-ddp,pipeline=1,filter=1,channel=1,spatial=1x1 ";
const std::string kRank = "strategies " + kScenario + kPinned + "--top 3 ";
const std::string kConstants = "--epochs-to-target critical-batch=4096,minimum-steps=20000 ";

double number(const YamlNode& document, const std::string& key) { return std::stod(value_of(document, key)); }

YamlNode document(const CommandLine& shell, const std::string& arguments) {
  const Answer answer = shell.run(arguments + " --format json");
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  return read_yaml_text(answer.out, "out");
}

const YamlNode& best(const YamlNode& document) { return document.find("strategies")->children.front(); }

}  // namespace

TEST_CASE("over several batches the first reaches the target first, and is what predict says of it") {
  const CommandLine shell;
  const YamlNode ranked = document(shell, kRank + kConstants + "--batches 256,1024,4096");
  double least_s = 1e30;
  std::string least_batch;
  for (const std::string batch : {"256", "1024", "4096"}) {
    const YamlNode alone = document(shell, kRank + kConstants + "--set workload.batch=" + batch);
    if (number(best(alone), "total_time_s") < least_s) least_s = number(best(alone), "total_time_s"), least_batch = batch;
  }
  CHECK(number(best(ranked), "total_time_s") == least_s);
  CHECK(value_of(best(ranked), "global_batch") == least_batch);
  const YamlNode predicted =
      document(shell, "predict " + kScenario + "--set workload.batch=" + least_batch +
                          " --set run.critical-batch=4096 --set run.minimum-steps=20000 -s " + value_of(best(ranked), "strategy"));
  for (const char* key : {"total_time_s", "cost_usd", "epochs_to_target", "steps"})
    CHECK(number(predicted, key) == number(best(ranked), key));
}

TEST_CASE("far below the critical batch the batch with most samples a second is best, far above it the smallest", "[limit]") {
  const CommandLine shell;
  const auto best_batch = [&](const std::string& constants) {
    return value_of(best(document(shell, kRank + "--epochs-to-target " + constants + " --batches 64,128,256,512")), "global_batch");
  };
  std::string busiest;
  double most = 0;
  for (const std::string batch : {"64", "128", "256", "512"}) {
    const YamlNode alone = document(shell, kRank + "--set workload.batch=" + batch);
    if (number(best(alone), "throughput_samples_per_s") > most) most = number(best(alone), "throughput_samples_per_s"), busiest = batch;
  }
  CHECK(best_batch("critical-batch=1e12,minimum-steps=10") == busiest);
  CHECK(best_batch("critical-batch=1,minimum-steps=1e6") == "64");
}

TEST_CASE("a run that reached the target stands for its minimum steps") {
  const CommandLine shell;
  const YamlNode ranked =
      document(shell, kRank + "--epochs-to-target critical-batch=8192,reference-epochs=90,reference-batch=256 --batches 256,1024");
  const auto& batches = ranked.find("batches")->children;
  REQUIRE(batches.size() == 2);
  CHECK(number(batches[0], "epochs_to_target") == Approx(90));
  CHECK(number(batches[1], "epochs_to_target") == Approx(90.0 * (1024 + 8192) / (256 + 8192)));
  CHECK(number(*ranked.find("target"), "critical_batch") == 8192);
  CHECK(ranked.find("target")->find("critical_batch_p10")->kind == YamlNode::Kind::null);
  for (const YamlNode& batch : batches)
    CHECK(number(batch, "cost_usd") == Approx(24.48 / 3600 * number(batch, "total_time_s")).epsilon(1e-6));
}

TEST_CASE("runs in epochs or in steps give made-up constants back, and their spread a range") {
  const CommandLine shell;
  // 1000 (1 + 512 / batch) steps of 1,281,167 samples.
  put(shell.folder() / "steps.csv", "batch,steps\n64,9000\n256,3000\n1024,1500\n4096,1125\n");
  put(shell.folder() / "epochs.csv", "batch,epochs\n64,0.449590100\n256,0.599453467\n1024,1.19890693\n4096,3.59672080\n");
  for (const char* file : {"steps.csv", "epochs.csv"}) {
    const YamlNode ranked = document(shell, kRank + "--epochs-to-target " + file + " --batches 128,512");
    const YamlNode& target = *ranked.find("target");
    CHECK(number(target, "minimum_steps") == Approx(1000).epsilon(1e-6));
    CHECK(number(target, "critical_batch") == Approx(512).epsilon(1e-6));
    CHECK(value_of(target, "runs") == "4");
    CHECK(number(ranked.find("batches")->children[1], "steps_p90") == Approx(2000).epsilon(1e-4));
  }
  put(shell.folder() / "noisy.csv", "batch,steps\n64,9200\n256,2900\n1024,1550\n4096,1100\n");
  const YamlNode noisy = document(shell, kRank + "--epochs-to-target noisy.csv --batches 128,512");
  CHECK(number(*noisy.find("target"), "critical_batch_p10") < 512);
  CHECK(number(*noisy.find("target"), "critical_batch_p90") > 512);
}

TEST_CASE("with evaluation every figure of a strategy's time to the target counts it: ranking, front, batches and predict") {
  const CommandLine shell;
  const std::string evaluation = "--set run.evaluation=50000 --set run.evaluation-interval=1000 ";
  const YamlNode ranked = document(shell, kRank + kConstants + evaluation + "--batches 256,1024");
  std::map<std::string, double> times;
  for (const YamlNode& one : ranked.find("strategies")->children)
    times[value_of(one, "strategy") + " at " + value_of(one, "global_batch")] = number(one, "total_time_s");
  int both = 0;
  double least_s = 1e30;
  for (const YamlNode& one : ranked.find("pareto")->children) {
    const std::string name = value_of(one, "strategy") + " at " + value_of(one, "global_batch");
    INFO(name);
    least_s = std::min(least_s, number(one, "total_time_s"));
    if (!times.contains(name)) continue;
    CHECK(number(one, "total_time_s") == Approx(times[name]).epsilon(1e-9));
    ++both;
  }
  CHECK(both >= 1);
  double fastest_s = 1e30;
  for (const YamlNode& batch : ranked.find("batches")->children) fastest_s = std::min(fastest_s, number(batch, "total_time_s"));
  CHECK(fastest_s == Approx(least_s).epsilon(1e-9));
  CHECK(fastest_s == Approx(number(best(ranked), "total_time_s")).epsilon(1e-9));
  const YamlNode without = document(shell, kRank + kConstants + "--batches 256,1024");
  CHECK(number(best(without), "total_time_s") < 0.99 * fastest_s);
}

TEST_CASE("runs that cannot tell the constants apart are warned of, and so is a batch beyond them") {
  const CommandLine shell;
  put(shell.folder() / "small.csv", "batch,steps\n8,12600\n16,6250\n32,3170\n64,1580\n");
  const Answer answer = shell.run(kRank + "--epochs-to-target small.csv --batches 64,512");
  CHECK(answer.code == 0);
  CHECK_THAT(answer.err, Catch::Contains("too small to bound the critical batch from above"));
  CHECK_THAT(answer.err, Catch::Contains("batch 512 lies outside of the runs', 8 to 64"));
  CHECK_THAT(answer.out, Catch::Contains("unbounded above"));
}

TEST_CASE("what says nothing of a target, or nonsense, is refused with how to say it") {
  const CommandLine shell;
  const auto refused = [&](const std::string& options) {
    const Answer answer = shell.run(kRank + options);
    CHECK(answer.code == 3);
    return answer.err;
  };
  CHECK_THAT(refused("--batches 256,512"), Catch::Contains("--epochs-to-target critical-batch=B,reference-epochs=E,reference-batch=B"));
  CHECK_THAT(refused("--epochs-to-target 90"), Catch::Contains("is neither constants nor a file"));
  CHECK_THAT(refused("--epochs-to-target critical-batch=0,minimum-steps=9"), Catch::Contains("run.critical-batch: is out of range"));
  CHECK_THAT(refused("--epochs-to-target critical-batch=9,minimum-steps=-1"), Catch::Contains("run.minimum-steps: is out of range"));
  CHECK_THAT(refused("--epochs-to-target critical-batch=9,reference-epochs=0,reference-batch=9"),
             Catch::Contains("run.reference-epochs: is out of range"));
  CHECK_THAT(refused("--epochs-to-target critical-batch=9"), Catch::Contains("run.reference-epochs and run.reference-batch"));
  CHECK_THAT(refused("--epochs-to-target critical-batch=9,reference-epochs=9"), Catch::Contains("needs run.reference-batch beside it"));
  CHECK_THAT(refused("--epochs-to-target minimum-steps=9"), Catch::Contains("needs run.critical-batch beside it"));
  CHECK_THAT(refused("--epochs-to-target critical=9,minimum-steps=9"), Catch::Contains("Did you mean critical-batch?"));
  CHECK_THAT(refused(kConstants + "--batches 0,64"), Catch::Contains("--batches"));
  CHECK_THAT(refused(kConstants + "--batches 64,many"), Catch::Contains("--batches"));
  CHECK_THAT(refused(kConstants + "--set run.epochs=90"), Catch::Contains("cannot be given together with run.epochs"));
  put(shell.folder() / "bare.csv", "batch,time\n64,3\n");
  CHECK_THAT(refused("--epochs-to-target bare.csv"), Catch::Contains("allowed steps, epochs"));
}

TEST_CASE("batches of which none divides are infeasible, and those that do are ranked beside them") {
  const CommandLine shell;
  const Answer none = shell.run(kRank + kConstants + "--batches 63,65");
  CHECK(none.code == 1);
  const Answer some = shell.run(kRank + kConstants + "--batches 63,64");
  CHECK(some.code == 0);
  CHECK_THAT(some.out, Catch::Contains("nothing fits"));
}
