#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "cuda_compare.hpp"
#include "kernels/cuda/device.hpp"
#include "kernels/trainer/executor.hpp"
#include "kernels/trainer/one_rank.hpp"
#include "kernels/trainer/train.hpp"
#include "tests/kernels/small_scenarios.hpp"

using namespace forerun;

namespace {

// An epsilon that keeps adamw from making much of gradients that are nothing but rounding.
constexpr UpdateRule kRule{.learning_rate = 0.05F, .momentum = 0.9F, .epsilon = 1e-3F};

std::shared_ptr<Device> gpu() { return std::make_shared<cuda::GpuDevice>(); }

/// What a process alone ends with.
struct Trained {
  std::vector<float> weights;
  std::vector<double> losses;  ///< one a step
};

Trained train_alone(const Scenario& made, int steps, std::shared_ptr<Device> device) {
  const StepPlan plan = plan_of(made);
  const Clock clock = steady_now;
  OneRank alone;
  Network network(made.workload, plan, {Kernels::eigen_only, 1, kRule, std::move(device)});
  Executor executor(plan, made.strategy.overlap, network, alone, clock);
  Batch batch = make_batch(made.workload, 1, 0, 0, made.workload.batch);
  Trained trained;
  for (int step = 0; step < steps; ++step) {
    network.begin_step(batch);
    executor.step(nullptr);
    trained.losses.push_back(network.loss());
  }
  trained.weights = weights_of(network);
  return trained;
}

}  // namespace

TEST_CASE("a network that trains on a GPU ends with the weights of one that trains on a core", "[gpu]") {
  if (!has_device()) return;
  const std::string network = GENERATE("mlp", "cnn", "views", "norm", "gpt");
  const std::string strategy = GENERATE("serial", "micro-batches=2");
  const Optimizer optimizer = GENERATE(Optimizer::sgd, Optimizer::sgd_momentum, Optimizer::adamw);
  INFO(network << ", " << strategy << ", " << to_string(optimizer));
  Scenario made = small_network(network, 4, strategy);
  made.workload.optimizer = optimizer;
  const Trained here = train_alone(made, 3, nullptr), there = train_alone(made, 3, gpu());
  REQUIRE(there.weights.size() == here.weights.size());
  for (std::size_t i = 0; i < here.weights.size(); ++i) REQUIRE(there.weights[i] == Approx(here.weights[i]).epsilon(1e-3).margin(1e-4));
  for (std::size_t i = 0; i < here.losses.size(); ++i) CHECK(there.losses[i] == Approx(here.losses[i]).epsilon(1e-4));
}

TEST_CASE("a network learns in bf16 about as it does in float32", "[gpu]") {
  if (!has_device()) return;
  const std::string network = GENERATE("mlp", "cnn", "norm", "gpt");
  INFO(network);
  Scenario made = small_network(network, 4, "serial");
  const Trained exact = train_alone(made, 4, gpu());
  made.workload.precision = Precision::bf16;
  const Trained rounded = train_alone(made, 4, gpu());
  for (std::size_t i = 0; i < exact.losses.size(); ++i) CHECK(rounded.losses[i] == Approx(exact.losses[i]).epsilon(0.05));
  CHECK(rounded.losses.back() < rounded.losses.front());
}

TEST_CASE("a training on a GPU goes on from its checkpoint, and says what each operation took there", "[gpu]") {
  if (!has_device()) return;
  const auto folder = std::filesystem::temp_directory_path() / ("forerun-gpu-" + std::to_string(Catch::rngSeed()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  Scenario made = small_network("norm", 4, "serial");
  made.workload.precision = GENERATE(Precision::fp32, Precision::bf16);
  const StepPlan plan = plan_of(made);
  OneRank alone;
  TrainOptions options;
  options.steps = 6, options.warm_up = 0;
  options.device = gpu();
  const RankLog whole = train_rank(made, plan, options, alone, {});
  options.steps = 3;
  options.checkpoints.folder = folder;
  options.checkpoints.when.interval = 3;
  train_rank(made, plan, options, alone, {});
  options.steps = 6;
  options.checkpoints.after = 3;
  const RankLog rest = train_rank(made, plan, options, alone, {});
  REQUIRE(rest.losses.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(rest.losses[i] == whole.losses[i + 3]);
  for (std::size_t operation = 0; operation < plan.operations.size(); ++operation) {
    if (plan.operations[operation].kind() != OperationKind::compute) continue;
    REQUIRE_FALSE(whole.operations[operation].empty());
    for (const RankLog::Interval& interval : whole.operations[operation]) {
      CHECK(interval.busy >= Seconds(0));
      CHECK(interval.start >= whole.origin);
    }
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("what the trainer executes on CPUs alone is refused on a GPU", "[gpu]") {
  if (!has_device()) return;
  OneRank alone;
  TrainOptions options;
  options.device = gpu();
  for (const auto& [strategy, what] : {std::pair{"servers=1,data=1,overlap=none", "servers=1"}, std::pair{"spatial=2", "spatial=2"},
                                       std::pair{"pipeline=2,interleave=2,micro-batches=2", "interleave=2"}}) {
    INFO(strategy);
    const Scenario made = small_network("cnn", 4, strategy);
    CHECK_THROWS_WITH(train_rank(made, plan_of(made), options, alone, {}), Catch::Contains(what) && Catch::Contains("on CPUs alone"));
  }
}
