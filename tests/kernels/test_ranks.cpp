#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "kernels/ranks/launch.hpp"
#include "tests/kernels/small_scenarios.hpp"

namespace forerun {

namespace {

RanksPaths built() {
  RanksPaths paths;
  paths.forerun_ranks = FORERUN_RANKS;
  return paths;
}

/// Trains on ranks, and in this process without any strategy, and holds the losses against each other.
void check_learns(const std::string& network, const std::string& strategy, int ranks) {
  INFO(network << ", " << strategy);
  TrainJob job;
  job.workload = network == "cnn" ? small_cnn() : network;
  job.settings = {{"batch", "24"}};
  if (network == "gpt")
    for (const auto& setting : small_gpt_settings()) job.settings.emplace_back(setting);
  job.strategy = strategy;
  job.steps = 12;
  job.warm_up = 3;
  double last = 0;
  const TrainResult many = train_on_ranks(job, ranks, built(), [&](const Progress& progress) {
    CHECK(progress.done > last);
    last = progress.done;
  });
  CHECK(last == 15);

  TrainOptions options;
  options.steps = 12;
  options.warm_up = 3;
  const Scenario serial = network == "gpt" ? small_gpt(24, "serial") : scenario(job.workload, 24, "serial");
  const TrainResult one = std::get<TrainResult>(train(serial, options, {}));
  REQUIRE(many.losses.size() == one.losses.size());
  for (std::size_t i = 0; i < one.losses.size(); ++i) CHECK(many.losses[i] == Approx(one.losses[i]).epsilon(1e-3));
  CHECK(many.ranks == ranks);
  CHECK(many.rank_medians.size() == static_cast<std::size_t>(ranks));
  CHECK(many.step_times.size() == 12);
  CHECK(many.operations.size() > one.operations.size());
  for (const OperationTime& operation : many.operations) CHECK(operation.p90 > Seconds(0));
}

}  // namespace

TEST_CASE("two ranks learn as one process with the same global batch", "[ranks]") {
  check_learns("cnn", GENERATE("data=2", "pipeline=2,micro-batches=4", "filter=2", "spatial=2"), 2);
}

TEST_CASE("ranks of every form learn as one process with the same global batch", "[ranks][slow]") {
  const auto [strategy, ranks] = GENERATE(table<std::string, int>({{"data=2", 2},
                                                                   {"data=2,overlap=data,bucket=1KiB", 2},
                                                                   {"data=2,micro-batches=3", 2},
                                                                   {"pipeline=2,micro-batches=4", 2},
                                                                   {"pipeline=2,micro-batches=4,schedule=gpipe", 2},
                                                                   {"pipeline=3,micro-batches=6", 3},
                                                                   {"data=2,pipeline=2,micro-batches=3", 4},
                                                                   {"data=2,servers=1,server-nodes=shared,runtime=forerun", 2},
                                                                   {"data=2,servers=2,micro-batches=2,runtime=forerun", 4},
                                                                   {"data=1,servers=1,sync=off,runtime=forerun", 2}}));
  const std::string network = GENERATE("mlp", "cnn", "gpt");
  check_learns(network, strategy, ranks);
}

TEST_CASE("ranks that share layers learn as one process with the same global batch", "[ranks][slow]") {
  const auto [strategy, ranks] = GENERATE(table<std::string, int>(
      {{"filter=2", 2}, {"filter=2,micro-batches=3", 2}, {"data=2,filter=2", 4}, {"channel=2", 2}, {"data=2,channel=2", 4}}));
  const std::string network = GENERATE("mlp", "cnn", "mnist-cnn");
  check_learns(network, strategy, ranks);
}

TEST_CASE("asynchronous workers on ranks of their own learn, and each gradient meets what the others made meanwhile", "[ranks]") {
  const auto [strategy, ranks, workers] =
      GENERATE(table<std::string, int, int>({{"data=2,servers=1", 3, 2}, {"data=2,servers=2", 4, 2}, {"data=3,servers=1", 4, 3}}));
  INFO(strategy);
  TrainJob job;
  job.workload = "mlp";
  job.settings = {{"batch", "24"}};
  job.strategy = strategy + ",sync=off,runtime=forerun";
  job.steps = 1000;  // a second: on a machine that others use one worker may be held up for a tenth of it
  job.warm_up = 0;
  const TrainResult result = train_on_ranks(job, ranks, built(), {});
  CHECK(result.losses.size() == 1000);
  CHECK(result.step_times.size() == 1000);
  CHECK(result.losses.back() < 0.5 * result.losses.front());
  REQUIRE(result.staleness.size() == static_cast<std::size_t>(1000 * workers * (ranks - workers)));
  double sum = 0;
  for (const std::int64_t updates : result.staleness) sum += static_cast<double>(updates);
  const double mean = sum / static_cast<double>(result.staleness.size());
  CHECK(mean > 0.2 * (workers - 1));
  CHECK(mean <= workers - 1);
}

TEST_CASE("ranks that share images learn as one process with the same global batch", "[ranks][slow]") {
  const auto [strategy, ranks] =
      GENERATE(table<std::string, int>({{"spatial=2", 2}, {"spatial=3x1,micro-batches=3", 3}, {"data=2,spatial=2", 4}}));
  const std::string network = GENERATE("cnn", "mnist-cnn");
  check_learns(network, strategy, ranks);
}

TEST_CASE("a network measurement covers every size for every number of ranks", "[ranks]") {
  const NetworkJob job{network_entries(communication_benchmarks(), 3, 1 << 16), Seconds(0.002)};
  std::vector<CollectiveSample> told;
  const NetworkResult result = measure_network(job, 3, built(), {}, [&](const CollectiveSample& sample) { told.push_back(sample); });
  REQUIRE(result.collectives.size() == job.entries.size());
  CHECK(told == result.collectives);
  for (std::size_t i = 0; i < job.entries.size(); ++i) {
    const CollectiveSample& sample = result.collectives[i];
    CHECK(sample.operation == to_string(job.entries[i].benchmark));
    CHECK(sample.ranks == job.entries[i].ranks);
    CHECK(sample.bytes == Bytes(static_cast<double>(job.entries[i].bytes)));
    CHECK(sample.median > Seconds(0));
    CHECK(sample.p10 <= sample.p90);
  }
  CHECK_THROWS_WITH(measure_network(job, 2, built(), {}), Catch::Contains("over 3 ranks, launched were 2"));
}

TEST_CASE("16 MiB take longer than 8 bytes, whatever is done with them", "[ranks]") {
  std::vector<NetworkEntry> entries;
  for (const CommunicationBenchmark benchmark : communication_benchmarks())
    for (const std::int64_t bytes : {std::int64_t{8}, std::int64_t{16} << 20}) entries.push_back({benchmark, 2, bytes});
  const std::vector<CollectiveSample> samples = measure_network({entries, Seconds(0.02)}, 2, built(), {}).collectives;
  for (std::size_t i = 0; i < samples.size(); i += 2) {
    INFO(samples[i].operation);
    CHECK(samples[i].median < samples[i + 1].median);
  }
}

TEST_CASE("a job that cannot run says why", "[ranks]") {
  TrainJob job;
  job.workload = "no-such-model";
  job.settings = {{"batch", "24"}};
  job.strategy = "data=2";
  CHECK_THROWS_AS(train_on_ranks(job, 2, built(), {}), BadInput);
  CHECK_THROWS_WITH(train_on_ranks(job, 2, built(), {}), Catch::StartsWith("workload: ") && Catch::Contains("no-such-model"));
  job.workload = "mlp";
  CHECK_THROWS_WITH(train_on_ranks(job, 3, built(), {}), "the strategy has 2 ranks, launched were 3");
}

TEST_CASE("a job without kernels is a missing capability", "[ranks]") {
  TrainJob job;
  job.workload = "mlp";
  job.settings = {{"batch", "24"}, {"precision", "bf16"}};
  job.strategy = "data=2";
  CHECK_THROWS_AS(train_on_ranks(job, 2, built(), {}), MissingCapability);
  CHECK_THROWS_WITH(train_on_ranks(job, 2, built(), {}), "eigen has no forward of dense in bf16");
}

}  // namespace forerun
