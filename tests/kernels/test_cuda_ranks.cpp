#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "kernels/cuda/device.hpp"
#include "kernels/cuda/nccl_group.hpp"
#include "kernels/trainer/executor.hpp"
#include "tests/kernels/small_scenarios.hpp"
#include "tests/kernels/thread_group.hpp"

// Ranks that are threads, with a GPU each: on the host alone, since a GPU serves one rank of NCCL.

using namespace forerun;

namespace {

enum class Home { core, gpu };

/// One rank's weights after some steps.
std::vector<float> train_rank_of(const Scenario& made, const StepPlan& plan, Home home, const std::shared_ptr<ThreadMeeting>& meeting,
                                 int place) {
  const Clock clock = steady_now;
  ThreadGroup host(meeting, place);
  const auto gpu = home == Home::core ? nullptr : std::make_shared<cuda::GpuDevice>();
  std::unique_ptr<RankGroup> joined;
  if (home == Home::gpu) joined = std::make_unique<cuda::NcclGroup>(gpu->context(), host);
  const std::int64_t share = made.workload.batch / made.strategy.data, first = share_of(made.strategy, plan, place) * share;
  const Batch batch = make_batch(made.workload, 1, first, first, share);
  Network network(made.workload, plan, {Kernels::eigen_only, 1, {0.05F, 0.9F}, gpu}, place);
  Executor executor(plan, made.strategy.overlap, network, joined ? *joined : host, clock);
  for (int step = 0; step < 3; ++step) {
    network.begin_step(batch);
    executor.step(nullptr);
  }
  executor.drain(nullptr);
  return weights_of(network);
}

std::vector<std::vector<float>> train_ranks(const Scenario& made, Home home) {
  const StepPlan plan = plan_of(made);
  const auto meeting = std::make_shared<ThreadMeeting>(plan.ranks);
  std::vector<std::vector<float>> weights(static_cast<std::size_t>(plan.ranks));
  std::vector<std::jthread> threads;
  for (int place = 0; place < plan.ranks; ++place)
    threads.emplace_back([&, place] { weights[static_cast<std::size_t>(place)] = train_rank_of(made, plan, home, meeting, place); });
  threads.clear();
  return weights;
}

void check_same(const std::vector<std::vector<float>>& actual, const std::vector<std::vector<float>>& expected) {
  REQUIRE(actual.size() == expected.size());
  for (std::size_t rank = 0; rank < actual.size(); ++rank) {
    REQUIRE(actual[rank].size() == expected[rank].size());
    for (std::size_t i = 0; i < actual[rank].size(); ++i) REQUIRE(actual[rank][i] == Approx(expected[rank][i]).epsilon(1e-3).margin(1e-4));
  }
}

}  // namespace

TEST_CASE("ranks with a GPU each, joined by NCCL, end with the weights of ranks with a core each") {
  const std::string strategy = GENERATE("data=2", "data=2,overlap=data,bucket=1KiB", "data=2,micro-batches=2", "filter=2", "channel=2");
  const std::string network = GENERATE("cnn", "gpt");
  if (network == "gpt" && !strategy.starts_with("data")) return;
  INFO(network << ", " << strategy);
  const Scenario made = small_network(network, 4, strategy);
  check_same(train_ranks(made, Home::gpu), train_ranks(made, Home::core));
}

TEST_CASE("stages of a pipeline on a GPU each end with the weights of stages on a core each") {
  const std::string strategy = GENERATE("pipeline=2,micro-batches=2", "pipeline=2,micro-batches=4,schedule=gpipe");
  const std::string network = GENERATE("cnn", "views", "gpt");
  INFO(network << ", " << strategy);
  const Scenario made = small_network(network, 4, strategy);
  check_same(train_ranks(made, Home::gpu), train_ranks(made, Home::core));
}

TEST_CASE("an id of NCCL comes whole to every rank, and groups of some ranks have one of their own") {
  const auto meeting = std::make_shared<ThreadMeeting>(4);
  std::vector<float> sums(4), partial(4);
  std::vector<std::jthread> threads;
  for (int place = 0; place < 4; ++place)
    threads.emplace_back([&, place] {
      ThreadGroup host(meeting, place);
      const auto context = std::make_shared<cuda::Context>();
      cuda::NcclGroup all(context, host);
      float value = static_cast<float>(place + 1);
      all.all_reduce({&value, 1});
      sums[static_cast<std::size_t>(place)] = value;
      const std::array<int, 2> members = place < 2 ? std::array{0, 1} : std::array{2, 3};
      const auto some = all.among(members);
      float part = static_cast<float>(place + 1);
      some->start_all_reduce(7, {&part, 1});
      some->wait(7);
      partial[static_cast<std::size_t>(place)] = part;
    });
  threads.clear();
  CHECK(sums == std::vector<float>{10, 10, 10, 10});
  CHECK(partial == std::vector<float>{3, 3, 7, 7});
}

TEST_CASE("a message between GPUs is received when it is waited for, and a group carries those of one tag") {
  const auto meeting = std::make_shared<ThreadMeeting>(2);
  std::vector<float> arrived(2, 0);
  std::string refusal;
  const auto rank = [&](int place) {
    ThreadGroup host(meeting, place);
    cuda::NcclGroup both(std::make_shared<cuda::Context>(), host);
    if (place == 0) {
      both.start_receive(3, 1, 5, {arrived.data(), 2});
      CHECK_FALSE(both.advance(3));
      host.barrier();
      both.wait(3);
      CHECK(both.advance(3));
      return;
    }
    const std::vector<float> values{8, 9};
    both.start_send(1, 0, 5, values);
    CHECK(both.advance(1));
    host.barrier();
    try {
      both.start_send(2, 0, 6, values);
    } catch (const std::exception& error) {
      refusal = error.what();
    }
  };
  std::vector<std::jthread> threads;
  for (int place = 0; place < 2; ++place) threads.emplace_back(rank, place);
  threads.clear();
  CHECK(arrived == std::vector<float>{8, 9});
  CHECK(refusal.find("one chunk of layers a stage") != std::string::npos);
}
