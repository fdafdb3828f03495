#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include "kernels/trainer/network.hpp"
#include "kernels/trainer/random.hpp"
#include "tests/kernels/small_scenarios.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

void run_pass(Network& network, const StepPlan& plan, std::initializer_list<Pass> passes) {
  for (const StepEntry entry : network.order())
    if (const auto* kernel = std::get_if<Kernel>(&plan.operations[entry.operation].work))
      if (std::ranges::find(passes, kernel->pass) != passes.end()) network.run(entry);
}

double loss_at(Network& network, const StepPlan& plan, const std::vector<float>& weights) {
  std::ranges::copy(weights, network.weights().begin());
  run_pass(network, plan, {Pass::forward});
  return network.loss();
}

/// The layers' ranges in one line each, plus the bucket that holds them.
std::size_t covered_by_buckets(const ParameterLayout& layout, const ParameterRange& layer) {
  return static_cast<std::size_t>(std::ranges::count_if(
      layout.buckets, [&](const ParameterRange& bucket) { return bucket.first <= layer.first && layer.end() <= bucket.end(); }));
}

}  // namespace

namespace {

/// Holds the gradient of each layer's parameters against the slope of the loss along a direction near it.
void check_slopes(const Scenario& small, Kernels kernels, double length_of_step) {
  const StepPlan plan = plan_of(small);
  Network network(small.workload, plan, {kernels, 5, {}});
  const Batch batch = make_batch(small.workload, 5, 0, 0, small.workload.batch);
  network.begin_step(batch);
  run_pass(network, plan, {Pass::forward, Pass::backward_weights, Pass::backward_data});
  const std::vector<float> weights(network.weights().begin(), network.weights().end());
  const std::vector<float> gradients(network.gradients().begin(), network.gradients().end());

  for (std::size_t layer = 0; layer < small.workload.layers.size(); ++layer) {
    const ParameterRange& range = network.layout().layers[layer];
    if (range.count == 0) continue;
    // Along the gradient itself the slope is its length; along a random direction the projection.
    std::vector<float> direction(range.count);
    fill_normal(stream_key(9, layer), 0.1F, direction);
    const std::span<const float> gradient(gradients.data() + range.first, range.count);
    const double steepness = std::sqrt(std::inner_product(gradient.begin(), gradient.end(), gradient.begin(), 0.0));
    double slope = 0;
    double length = 0;
    for (std::size_t i = 0; i < range.count; ++i) {
      direction[i] =
          direction[i] / std::sqrt(static_cast<float>(range.count)) + static_cast<float>(gradient[i] / std::max(steepness, 1e-12));
      slope += static_cast<double>(direction[i]) * gradient[i];
      length += static_cast<double>(direction[i]) * direction[i];
    }
    const auto step = static_cast<float>(length_of_step / std::sqrt(length));
    const auto moved = [&](float by) {
      std::vector<float> there = weights;
      for (std::size_t i = 0; i < range.count; ++i) there[range.first + i] += by * direction[i];
      return there;
    };
    const double rise = loss_at(network, plan, moved(step)) - loss_at(network, plan, moved(-step));
    INFO(small.workload.name << ", layer " << small.workload.layers[layer].name);
    CHECK(rise / (2 * static_cast<double>(step)) == Approx(slope).epsilon(0.02).margin(1e-3));
  }
}

}  // namespace

TEST_CASE("a network's gradients are the slopes of its loss") {
  check_slopes(scenario(small_cnn(), 6, "serial"), GENERATE(Kernels::fastest, Kernels::eigen_only), 2e-3);
}

TEST_CASE("the gradients of a network that branches are the slopes of its loss") {
  const Kernels kernels = GENERATE(Kernels::fastest, Kernels::eigen_only);
  check_slopes(scenario(small_views(), 6, "serial"), kernels, 1e-2);
  check_slopes(small_gpt(4, "serial"), kernels, 1e-2);
  check_slopes(small_resnet(6, "serial"), kernels, 2e-4);
}

TEST_CASE("blocks that a plan folds are run forward from the first and backward from the last") {
  const Scenario small = small_gpt(4, "serial");
  const StepPlan plan = plan_of(small);
  std::map<Pass, std::vector<int>> met;
  for (const StepEntry entry : step_order(plan, small.workload))
    met[std::get<Kernel>(plan.operations[entry.operation].work).pass].push_back(entry.layer);
  CHECK(met[Pass::forward].size() == small.workload.layers.size());
  CHECK(std::ranges::is_sorted(met[Pass::forward]));
  CHECK(std::ranges::is_sorted(met[Pass::backward_data], std::greater()));
  CHECK(std::ranges::is_sorted(met[Pass::backward_weights], std::greater()));
  CHECK(std::ranges::adjacent_find(met[Pass::forward]) == met[Pass::forward].end());
}

TEST_CASE("a step writes over the gradients of the step before") {
  const Scenario small = scenario(small_views(), 6, "micro-batches=2");
  const StepPlan plan = plan_of(small);
  Network network(small.workload, plan, {Kernels::fastest, 5, {}});
  const Batch batch = make_batch(small.workload, 5, 0, 0, 6);
  std::vector<std::vector<float>> gradients;
  for (int step = 0; step < 2; ++step) {
    network.begin_step(batch);
    run_pass(network, plan, {Pass::forward, Pass::backward_weights, Pass::backward_data});
    gradients.emplace_back(network.gradients().begin(), network.gradients().end());
  }
  CHECK(gradients[0] == gradients[1]);
}

TEST_CASE("micro-batches leave the sum of their gradients and the mean of their losses") {
  const bool sequences = GENERATE(false, true);  // a transformer's head shares the weights of its table
  const auto made = [&](const std::string& strategy) { return sequences ? small_gpt(8, strategy) : scenario(small_cnn(), 8, strategy); };
  const Scenario whole = made("serial"), parts = made("micro-batches=4");
  const Batch batch = make_batch(whole.workload, 5, 0, 0, 8);
  const auto gradients = [&](const Scenario& scenario, double& loss) {
    const StepPlan plan = plan_of(scenario);
    Network network(scenario.workload, plan, {Kernels::fastest, 5, {}});
    network.begin_step(batch);
    run_pass(network, plan, {Pass::forward, Pass::backward_weights, Pass::backward_data});
    loss = network.loss();
    return std::vector<float>(network.gradients().begin(), network.gradients().end());
  };
  double loss = 0, loss_of_parts = 0;
  const std::vector<float> mean = gradients(whole, loss), sum = gradients(parts, loss_of_parts);
  CHECK(loss_of_parts == Approx(loss));
  REQUIRE(sum.size() == mean.size());
  for (std::size_t i = 0; i < sum.size(); ++i) REQUIRE(sum[i] / 4 == Approx(mean[i]).epsilon(1e-3).margin(1e-6));
}

TEST_CASE("initial weights depend on the seed alone, with the deviation of their layer and no bias") {
  const Scenario small = scenario("mlp", 8, "serial");
  const StepPlan plan = plan_of(small);
  Network one(small.workload, plan, {Kernels::fastest, 1, {}});
  Network same(small.workload, plan, {Kernels::eigen_only, 1, {}});
  Network other(small.workload, plan, {Kernels::fastest, 2, {}});
  CHECK(std::ranges::equal(one.weights(), same.weights()));
  CHECK_FALSE(std::ranges::equal(one.weights(), other.weights()));

  CHECK(initial_deviation(small.workload, 0) == Approx(std::sqrt(2.0 / 784)));  // before a relu
  CHECK(initial_deviation(small.workload, 2) == Approx(std::sqrt(1.0 / 128)));  // before the loss
  const ParameterRange first = one.layout().layers[0];
  const auto matrix = one.weights().subspan(first.first, 784 * 128);
  double squares = 0;
  for (const float weight : matrix) squares += static_cast<double>(weight) * weight;
  CHECK(std::sqrt(squares / (784 * 128)) == Approx(std::sqrt(2.0 / 784)).epsilon(0.02));
  CHECK(std::ranges::all_of(one.weights().subspan(first.first + 784 * 128, 128), [](float bias) { return bias == 0; }));
}

TEST_CASE("buckets are contiguous ranges that hold every gradient exactly once") {
  const std::string strategy = GENERATE("data=2", "data=2,bucket=1KiB", "data=2,bucket=100KiB");
  const Scenario split = scenario("vgg11-cifar10", 8, strategy);
  const StepPlan plan = plan_of(split);
  const ParameterLayout layout = parameter_layout(split.workload, plan);
  for (std::size_t i = 0; i < split.workload.layers.size(); ++i) {
    const ParameterRange& layer = layout.layers[i];
    CHECK(layer.count == static_cast<std::size_t>(parameters(split.workload.layers[i].shape)));
    if (layer.count > 0) CHECK(covered_by_buckets(layout, layer) == 1);
  }
  std::size_t end = 0;
  for (std::size_t i = 0; i < plan.operations.size(); ++i)
    if (const auto* collective = std::get_if<Collective>(&plan.operations[i].work)) {
      const ParameterRange& bucket = layout.buckets[i];
      CHECK(bucket.first >= end);
      CHECK(bucket.count * sizeof(float) >= static_cast<std::size_t>(collective->bytes.value()));
      CHECK(bucket.count * sizeof(float) < static_cast<std::size_t>(collective->bytes.value()) + 64 * split.workload.layers.size());
      end = bucket.end();
    }
  CHECK(end <= layout.total);
}

TEST_CASE("a frozen layer keeps its weights while the others learn") {
  Scenario small = scenario(small_cnn(), 6, "serial");
  small.workload.layers[3].frozen = true;  // the first dense layer: convolutions before it go on learning
  const StepPlan plan = plan_of(small);
  Network network(small.workload, plan, {Kernels::eigen_only, 5, {}});
  const Batch batch = make_batch(small.workload.input, 4, 5, 0, 6);
  network.begin_step(batch);
  const std::vector<float> before(network.weights().begin(), network.weights().end());
  for (const StepEntry entry : network.order()) network.run(entry);
  for (std::size_t layer = 0; layer < small.workload.layers.size(); ++layer) {
    const ParameterRange& range = network.layout().layers[layer];
    REQUIRE((range.count > 0) == has_parameters(small.workload.layers[layer].shape.kind));
    if (range.count == 0) continue;
    const auto first = static_cast<std::ptrdiff_t>(range.first), end = static_cast<std::ptrdiff_t>(range.end());
    CHECK(std::equal(before.begin() + first, before.begin() + end, network.weights().begin() + first) == (layer == 3));
  }
}

TEST_CASE("a bucket that ends within a layer, or leaves a layer out, is refused") {
  const Scenario split = scenario("mlp", 8, "data=2");
  StepPlan plan = plan_of(split);
  for (Operation& operation : plan.operations)
    if (auto* collective = std::get_if<Collective>(&operation.work)) {
      const Bytes all = collective->bytes;
      collective->bytes = all - Bytes(4);
      CHECK_THROWS_AS(parameter_layout(split.workload, plan), std::logic_error);
      collective->bytes = Bytes(4 * 1290);  // the last layer alone
      CHECK_THROWS_AS(parameter_layout(split.workload, plan), std::logic_error);
      collective->bytes = all;
      CHECK_NOTHROW(parameter_layout(split.workload, plan));
    }
}

TEST_CASE("a table that has no row for some token is a missing capability") {
  Scenario made = small_gpt(4, "serial");
  made.workload.layers.front().shape.rows = 10;
  CHECK_THROWS_WITH(Network(made.workload, plan_of(made), {}), Catch::Contains("11 of them") && Catch::Contains("a table of 10"));
}

TEST_CASE("data that the trainer has not is a missing capability") {
  Scenario made = scenario("mlp", 24, "serial");
  for (Layer& layer : made.workload.layers) layer.shape.input.width = layer.shape.output.width = 3;
  CHECK_THROWS_WITH(make_batch(made.workload, 1, 0, 0, 24), Catch::Contains("sequences to continue"));
}

TEST_CASE("a precision without kernels is a missing capability, on several ranks too") {
  const std::string strategy = GENERATE("serial", "data=2");
  Scenario made = scenario("mlp", 24, strategy);
  made.workload.precision = Precision::bf16;
  CHECK_THROWS_AS(Network(made.workload, plan_of(made), {}), MissingCapability);
  CHECK_THROWS_WITH(Network(made.workload, plan_of(made), {}), "eigen has no forward of dense in bf16");
}

}  // namespace forerun
