#include <atomic>
#include <catch2/catch.hpp>
#include <numeric>
#include <thread>

#include "kernels/cpu/threads.hpp"
#include "kernels/trainer/train.hpp"
#include "layer_data.hpp"
#include "small_scenarios.hpp"

using namespace forerun;
using cpu::Library;

namespace {

/// What a pass leaves where it may use `threads`, on data of one seed.
LayerData left_by(const Kernel& kernel, Library library, int threads) {
  const cpu::Threads scope(threads);
  const OperatorOptions options{.rule = {0.1F, 0.7F}, .dropped_share = 0.3F};
  std::mt19937 random(Catch::rngSeed());
  LayerData data(kernel.shape, kernel.batch, random);
  const Kernel forward{kernel.shape, Pass::forward, kernel.batch, {}};
  if (kernel.pass != Pass::update) cpu::make_operator(forward, library, options)->run(data.buffers());
  if (kernel.pass != Pass::forward) cpu::make_operator(kernel, library, options)->run(data.buffers());
  return data;
}

void compare_threads(const Kernel& kernel, Library library) {
  if (!cpu::offers(library, kernel)) return;
  CAPTURE(to_string(library), to_string(kernel.shape.kind), to_string(kernel.pass), to_string(kernel.optimizer));
  const LayerData one = left_by(kernel, library, 1), three = left_by(kernel, library, 3);
  constexpr double kTolerance = 1e-5;  // products are added up in another order
  CHECK(relative_difference(three.output, one.output) < kTolerance);
  CHECK(relative_difference(three.input_gradient, one.input_gradient) < kTolerance);
  CHECK(relative_difference(three.weights, one.weights) < kTolerance);
  CHECK(relative_difference(three.weight_gradient, one.weight_gradient) < kTolerance);
  CHECK(relative_difference(three.velocity, one.velocity) < kTolerance);
  CHECK(relative_difference(three.second_moment, one.second_moment) < kTolerance);
}

}  // namespace

TEST_CASE("threads share out every item once, and few items are left to one") {
  const cpu::Threads scope(3);
  for (const std::int64_t items : {0, 1, 2, 3, 4, 100}) {
    std::vector<std::atomic<int>> visits(static_cast<std::size_t>(items));
    std::atomic<int> shares = 0;
    cpu::share_out(items, 1 << 20, [&](std::int64_t first, std::int64_t count) {
      ++shares;
      for (std::int64_t i = first; i < first + count; ++i) ++visits[static_cast<std::size_t>(i)];
    });
    for (const std::atomic<int>& visited : visits) CHECK(visited == 1);
    CHECK(shares == std::clamp<std::int64_t>(items, 1, 3));
  }
  int alone = 0;
  cpu::share_out(100, 1, [&](std::int64_t, std::int64_t count) { alone += static_cast<int>(count); });
  CHECK(alone == 100);
}

TEST_CASE("how many threads there are is said for one thread and a while") {
  CHECK(cpu::threads() == 1);
  {
    const cpu::Threads two(2);
    {
      const cpu::Threads four(4);
      CHECK(cpu::threads() == 4);
    }
    CHECK(cpu::threads() == 2);
    int another = 0;
    std::thread([&] { another = cpu::threads(); }).join();
    CHECK(another == 1);
  }
  CHECK(cpu::threads() == 1);
}

TEST_CASE("operators on three threads leave what they leave on one") {
  const auto pool = [](LayerKind kind) { return layer(kind, {16, 24, 24}, 1, 3, 2, 1); };
  LayerShape sum = layer(LayerKind::add, {16, 24, 24});
  sum.operands = 3;
  for (const LayerShape& shape :
       {layer(LayerKind::dense, {384, 1, 1}, 257), layer(LayerKind::conv2d, {16, 24, 24}, 24, 3, 1, 1), pool(LayerKind::max_pool),
        pool(LayerKind::average_pool), layer(LayerKind::relu, {16, 24, 24}), layer(LayerKind::gelu, {16, 24, 24}), sum,
        layer(LayerKind::batch_norm, {16, 24, 24}), layer(LayerKind::softmax_cross_entropy, {512, 1, 1})})
    for (const Pass pass : {Pass::forward, Pass::backward_weights, Pass::backward_data})
      for (const Library library : {Library::eigen, Library::onednn}) compare_threads({shape, pass, 32, {}}, library);
  for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::sgd_momentum, Optimizer::adam, Optimizer::adamw})
    compare_threads({layer(LayerKind::dense, {384, 1, 1}, 257), Pass::update, 1, {}, Precision::fp32, optimizer}, Library::eigen);
}

TEST_CASE("a training on two threads loses what one on one thread does") {
  const Scenario made = scenario("mlp-wide", 48, "serial");
  TrainOptions options;
  options.steps = 10;
  int seen = 0;
  options.clock = [&] {  // read between operators, on the thread that runs them
    seen = cpu::threads();
    return steady_now();
  };
  const auto losses = [&](int threads) {
    options.threads = threads;
    std::vector<double> all = std::get<TrainResult>(train(made, options, {})).losses;
    CHECK(seen == threads);
    return all;
  };
  const std::vector<double> one = losses(1), two = losses(2);
  REQUIRE(two.size() == one.size());
  for (std::size_t step = 0; step < one.size(); ++step) CHECK(two[step] == Approx(one[step]).epsilon(1e-4));
}
