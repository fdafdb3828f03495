#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "tests/cli/command_line.hpp"
#include "tests/support/image_records.hpp"
#include "validation/measured_runs.hpp"

using namespace forerun;

namespace {

const std::string kTrain = "train --workload mlp --set workload.batch=16 --steps 18 --warm-up 2 ";

double number_of(const Answer& answer, const std::string& key) { return std::stod(value_of(read_yaml_text(answer.out, "out"), key)); }

/// 100 images of ten classes in two files.
void put_images(const CommandLine& shell) {
  std::filesystem::create_directory(shell.folder() / "images");
  for (int file = 0; file < 2; ++file) {
    std::string bytes;
    for (int i = 0; i < 50; ++i) bytes += framed(example(std::string(28 * 28, static_cast<char>(20 * (i % 10))), i % 10));
    put(shell.folder() / ("images/" + std::to_string(file) + ".tfrecord"), bytes);
  }
}

void put_platform_with_disk(const CommandLine& shell) {
  put(shell.folder() / "disk.yaml",
      "nodes: 1\ndevices-per-node: 2\ndevice: cpu\nmemory-per-node: 1GiB\ndata-storage: local-disk\ndata-read-bandwidth: 100MB/s\n"
      "data-latency: 100us\n");
}

}  // namespace

TEST_CASE("training on images of files says what reading and decoding took, step by step") {
  const CommandLine shell;
  put_images(shell);
  put_platform_with_disk(shell);
  const Answer answer = shell.run(kTrain + "--data images --format json --append runs.csv --run one -p ./disk.yaml --set input.prefetch=2");
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  CHECK(number_of(answer, "read_s") > 0);
  CHECK(number_of(answer, "decode_s") > 0);
  CHECK(number_of(answer, "input_exposed_s") >= 0);
  const std::string input = get(shell.folder() / "runs.input.csv");
  CHECK(input.find("run,step,read_s,decode_s,input_exposed_s\none,0,") == 0);
  CHECK(std::count(input.begin(), input.end(), '\n') == 19);
  const MeasuredRun run = read_measured_runs(shell.folder() / "runs.csv").at(0);
  REQUIRE(run.settings.size() == 5);
  CHECK(run.settings[1].value.starts_with("workload.sample-bytes=8"));  // 784 pixels and what is around them
  CHECK(run.settings[2].value == "workload.samples-per-file=50");
  CHECK(run.settings[3].value.starts_with("workload.decode-time="));
  CHECK(run.settings[4].value == "input.prefetch=2");
  const Answer validated = shell.run("validate runs.csv -c ./paper.json");
  INFO(validated.out << validated.err);
  CHECK(validated.code == 0);
  CHECK(validated.out.find("one") != std::string::npos);
  CHECK(shell.run(kTrain + "--data images").out.find("input       a step: read ") != std::string::npos);
}

TEST_CASE("a training on files goes on where it was broken off with the samples that come next") {
  const CommandLine shell;
  put_images(shell);
  const std::string train = kTrain + "--data images --set run.checkpoint-interval=5 --checkpoints ";
  REQUIRE(shell.run(train + "whole").code == 0);
  REQUIRE(shell
              .run("train --workload mlp --set workload.batch=16 --steps 8 --warm-up 2 --data images --set run.checkpoint-interval=5 "
                   "--checkpoints part")
              .code == 0);
  REQUIRE(shell.run(train + "part").code == 0);
  CHECK(get(shell.folder() / "whole/step-20.rank-0").size() > 1000);
  CHECK((get(shell.folder() / "whole/step-20.rank-0") == get(shell.folder() / "part/step-20.rank-0")));
  std::filesystem::remove(shell.folder() / "images/1.tfrecord");
  const Answer less = shell.run(train + "part");
  CHECK(less.code == 3);
  CHECK(less.err.find("is of another training: data is 100 samples") != std::string::npos);
}

TEST_CASE("what is wrong with the files of a training is said before it starts") {
  const CommandLine shell;
  put_images(shell);
  const auto refused = [&](const std::string& options, int code, const std::string& why) {
    const Answer answer = shell.run(kTrain + options);
    INFO(answer.err);
    CHECK(answer.code == code);
    CHECK(answer.err.find(why) != std::string::npos);
  };
  refused("--data nowhere", 3, "nowhere: no such file");
  refused("--set input.prefetch=2", 3, "input.prefetch: has no meaning here: train reads no samples without --data");
  refused("--data images --set workload.decode-time=1ms", 3, "workload.decode-time: has no meaning here: train finds out itself");
  refused("--data images --set input.readers=2", 3, "input.readers: has no meaning here: one thread");
  refused("--data images --set input.prefetch=-1", 3, "input.prefetch");
  refused("--data images --set workload.batch=200", 3, "holds fewer samples than a batch");
  const std::string good = get(shell.folder() / "images/1.tfrecord");
  put(shell.folder() / "images/1.tfrecord", good.substr(0, good.size() - 1));
  refused("--data images", 3, "images/1.tfrecord: record 49 at byte ");
}

TEST_CASE("ranks read their shares of the files, and one that meets a damaged record says so") {
#ifdef FORERUN_HAS_RANKS
  if (std::system("command -v mpirun >/dev/null") != 0 || std::thread::hardware_concurrency() < 2) return;
  const CommandLine shell;
  put_images(shell);
  const Answer two = shell.run(kTrain + "--data images --strategy data=2 --format json");
  INFO(two.err);
  REQUIRE(two.code == 0);
  CHECK(number_of(two, "decode_s") > 0);
  CHECK(number_of(two, "last_loss") == Approx(number_of(shell.run(kTrain + "--data images --format json"), "last_loss")).epsilon(1e-3));
  std::string damaged = get(shell.folder() / "images/1.tfrecord");
  damaged[damaged.size() - 50] = static_cast<char>(damaged[damaged.size() - 50] ^ 1);
  put(shell.folder() / "images/1.tfrecord", damaged);
  const Answer broken = shell.run(kTrain + "--data images --strategy data=2");
  CHECK(broken.code == 3);
  CHECK(broken.err.find("images/1.tfrecord: record 49 at byte ") != std::string::npos);
#endif
}

TEST_CASE("the storage of a folder is measured into a platform, by which reading is predicted", "[slow]") {
  const CommandLine shell;
  std::filesystem::create_directory(shell.folder() / "here");
  const Answer answer = shell.run("calibrate --disk here -o disk.yaml --format json");
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  CHECK(answer.err.find("written: disk.yaml") != std::string::npos);
  CHECK(shell.folder().entries() == 3);  // with paper.json
  CHECK(get(shell.folder() / "disk.yaml").find("data-storage: \"local-disk\"") != std::string::npos);
  const Answer predicted = shell.run(
      "predict --workload logistic-regression --set workload.batch=64 --platform ./disk.yaml --calibration ./paper.json "
      "--set workload.sample-bytes=100kB --set run.checkpoint-interval=10 --set run.steps=100");
  INFO(predicted.err);
  CHECK(predicted.code == 0);
  CHECK(shell.run("calibrate --disk nowhere").code == 3);
}
