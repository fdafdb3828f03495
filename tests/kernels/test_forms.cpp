#include <catch2/catch.hpp>
#include <functional>
#include <optional>
#include <set>
#include <thread>

#include "kernels/trainer/executor.hpp"
#include "strategies/parameter_server.hpp"
#include "tests/kernels/small_scenarios.hpp"
#include "tests/kernels/thread_group.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

void check_same(const std::vector<float>& actual, const std::vector<float>& expected) {
  REQUIRE(actual.size() == expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) REQUIRE(actual[i] == Approx(expected[i]).epsilon(1e-4).margin(1e-5));
}

/// A layer's parameters on one rank, whole or a part.
struct OwnParameters {
  Shard shard;
  std::vector<float> values;
};

/// The whole layer out of what ranks have of it; those that have the same have it alike.
std::vector<float> whole_of(const std::vector<OwnParameters>& ranks) {
  std::vector<float> whole;
  std::set<int> parts;
  for (const OwnParameters& own : ranks) {
    if (own.values.empty()) continue;
    whole.resize(static_cast<std::size_t>(parameters(own.shard.whole)));
    const bool divided = own.shard.divides_parameters();
    std::vector<float> known = own.values;
    if (!parts.insert(divided ? own.shard.part : 0).second) divided ? take_parameters(whole, own.shard, known) : known.swap(whole);
    CHECK(known == own.values);
    divided ? put_parameters(own.values, own.shard, whole) : whole.swap(known);
  }
  return whole;
}

/// The weights after some steps on a thread for each rank, layer by layer.
/// `prepare` changes the samples.
std::vector<float> weights_after(int steps, const Scenario& made, const std::function<void(Batch&)>& prepare = {}) {
  const StepPlan plan = plan_of(made);
  const Clock clock = steady_now;
  const auto meeting = std::make_shared<ThreadMeeting>(plan.ranks);
  std::vector<std::vector<OwnParameters>> weights(made.workload.layers.size());  // by layer and rank
  for (auto& layer : weights) layer.resize(static_cast<std::size_t>(plan.ranks));
  const auto rank = [&](int place) {
    ThreadGroup group(meeting, place);
    const int rank_class = class_of(plan, place);
    const std::int64_t share = made.workload.batch / made.strategy.data;
    const std::int64_t first = share_of(made.strategy, plan, place) * share;
    Batch batch = make_batch(made.workload, 1, first, first, share);
    if (prepare) prepare(batch);
    const NetworkOptions how{Kernels::eigen_only, 1, {0.05F, 0.9F}};
    Network network(made.workload, plan, how, place);
    std::optional<ServerTransfers> servers;
    if (made.strategy.servers > 0) servers.emplace(made.workload, plan, served_variables(made), rank_class, network, how);
    Executor executor(plan, made.strategy.overlap, network, group, clock, servers ? &*servers : nullptr);
    for (int step = 0; step < steps; ++step) {
      network.begin_step(batch);
      executor.step(nullptr);
    }
    executor.drain(nullptr);
    for (std::size_t layer = 0; layer < weights.size(); ++layer) {
      const ParameterRange& range = network.layout().layers[layer];
      const auto values = network.weights().subspan(range.first, range.count);
      weights[layer][static_cast<std::size_t>(place)] = {network.shards()[layer], {values.begin(), values.end()}};
    }
  };
  std::vector<std::jthread> threads;
  for (int place = 0; place < plan.ranks; ++place) threads.emplace_back(rank, place);
  threads.clear();
  std::vector<float> all;
  for (const std::vector<OwnParameters>& layer : weights) {
    const std::vector<float> whole = whole_of(layer);
    all.insert(all.end(), whole.begin(), whole.end());
  }
  return all;
}

}  // namespace

TEST_CASE("two ranks with half the batch each end with the weights of one") {
  const auto [strategy, optimizer] = GENERATE(table<std::string, Optimizer>({{"data=2", Optimizer::sgd_momentum},
                                                                             {"data=2,overlap=data", Optimizer::sgd_momentum},
                                                                             {"data=2,bucket=1KiB", Optimizer::sgd_momentum},
                                                                             {"data=2,bucket=1KiB,overlap=data", Optimizer::sgd_momentum},
                                                                             {"data=2", Optimizer::sgd},
                                                                             {"data=2", Optimizer::adamw}}));
  Scenario one = scenario(small_cnn(), 8, "serial");
  Scenario two = scenario(small_cnn(), 8, strategy);
  one.workload.optimizer = two.workload.optimizer = optimizer;
  check_same(weights_after(5, two), weights_after(5, one));
}

TEST_CASE("two ranks of a transformer with half the batch each, dropout and shared weights, end with the weights of one") {
  const Scenario one = small_gpt(8, "serial"), two = small_gpt(8, GENERATE("data=2", "data=2,bucket=1KiB,overlap=data"));
  check_same(weights_after(5, two), weights_after(5, one));
}

TEST_CASE("micro-batches, on one rank or on two, end with the weights of the whole batch") {
  const std::string strategy = GENERATE("micro-batches=4", "data=2,micro-batches=4", "data=2,micro-batch=2,bucket=1KiB,overlap=data");
  const std::string network = GENERATE("mlp", "cnn", "gpt");
  INFO(network << ", " << strategy);
  const auto made = [&](const std::string& how) {
    return network == "gpt" ? small_gpt(8, how) : scenario(network == "cnn" ? small_cnn() : "mlp", 8, how);
  };
  const Scenario one = made("serial"), split = made(strategy);
  check_same(weights_after(5, split), weights_after(5, one));
}

TEST_CASE("stages of a pipeline end with the weights of one process") {
  const std::string strategy = GENERATE("pipeline=2,micro-batches=4", "pipeline=2,micro-batches=4,schedule=gpipe",
                                        "pipeline=3,micro-batches=2", "pipeline=2", "data=2,pipeline=2,micro-batches=2,bucket=1KiB",
                                        "data=2,pipeline=3,micro-batches=4,overlap=data", "pipeline=2,micro-batches=4,schedule=zb-h1");
  const std::string network = GENERATE("mlp", "cnn", "views", "gpt");
  INFO(network << ", " << strategy);
  const auto made = [&](const std::string& how) {
    return network == "gpt" ? small_gpt(8, how)
                            : scenario(network == "cnn"     ? small_cnn()
                                       : network == "views" ? small_views()
                                                            : "mlp",
                                       8, how);
  };
  check_same(weights_after(4, made(strategy)), weights_after(4, made("serial")));
}

TEST_CASE("a stage with several chunks of layers hands each to the other in turn") {
  const auto made = [](const std::string& how) {
    return scenario("gpt", 8, how, {{"layers", "4"}, {"hidden", "16"}, {"heads", "2"}, {"sequence", "6"}, {"vocabulary", "11"}});
  };
  check_same(weights_after(4, made("pipeline=2,interleave=2,micro-batches=4")), weights_after(4, made("serial")));
}

TEST_CASE("residuals and batch norms go through a pipeline as through one process with the same micro-batches") {
  const std::string strategy = GENERATE("pipeline=2,micro-batches=4", "data=2,pipeline=3,micro-batches=2");
  check_same(weights_after(3, small_resnet(16, strategy)), weights_after(3, small_resnet(16, "micro-batches=4")));
}

TEST_CASE("workers of parameter servers end with the weights of one process") {
  const auto [strategy, nodes] = GENERATE(table<std::string, int>({{"data=2,servers=1", 3},
                                                                   {"data=2,servers=2,bucket=1KiB,first-bucket=1KiB", 4},
                                                                   {"data=4,servers=1,server-nodes=shared", 1},
                                                                   {"data=4,servers=2,server-nodes=shared,variables=by-size", 2},
                                                                   {"data=2,servers=1,micro-batches=2", 3},
                                                                   {"data=1,servers=1", 2},
                                                                   {"data=1,servers=1,server-nodes=shared", 1}}));
  const std::string network = GENERATE("mlp", "cnn", "gpt");
  INFO(network << ", " << strategy);
  const auto made = [&](const std::string& how) {
    return network == "gpt" ? small_gpt(8, how) : scenario(network == "cnn" ? small_cnn() : "mlp", 8, how);
  };
  Scenario served = made(strategy + ",runtime=forerun");
  served.platform.nodes = nodes;
  served.platform.devices_per_node = nodes > 2 ? 1 : served.strategy.ranks() / nodes;
  // A worker has the weights that it pulled when its last step began.
  check_same(weights_after(4, served), weights_after(3, made("serial")));
}

TEST_CASE("ranks that share out the filters or channels of layers end with the weights of one process") {
  const std::string strategy =
      GENERATE("filter=2", "channel=2", "filter=2,micro-batches=2", "channel=2,micro-batches=2", "data=2,channel=2", "data=2,filter=2",
               "data=2,filter=2,bucket=1KiB,overlap=data", "data=2,filter=2,micro-batches=2,order=data-tensor-context-expert-pipeline");
  const std::string network = GENERATE("mlp", "cnn", "views", "vgg");
  INFO(network << ", " << strategy);
  const auto made = [&](const std::string& how) { return small_network(network, 8, how); };
  check_same(weights_after(4, made(strategy)), weights_after(4, made("serial")));
}

TEST_CASE("ranks that share out the rows of images end with the weights of one process") {
  const std::string strategy =
      GENERATE("spatial=2x1", "spatial=2x1,micro-batches=2", "data=2,spatial=2x1", "spatial=2x1,bucket=1KiB,overlap=data",
               "data=2,spatial=2x1,order=data-tensor-context-expert-pipeline");
  const std::string network = GENERATE("cnn", "vgg", "windows", "mnist-cnn");
  INFO(network << ", " << strategy);
  const auto made = [&](const std::string& how) { return small_network(network, 4, how); };
  check_same(weights_after(3, made(strategy)), weights_after(3, made("serial")));
}

TEST_CASE("images in three parts and more, uneven ones, end with the weights of one process") {
  const auto [network, parts] =
      GENERATE(table<std::string, std::string>({{"cnn", "3x1"}, {"cnn", "5x1"}, {"windows", "3x1"}, {"mnist-cnn", "4x1"}}));
  INFO(network << ", " << parts);
  const auto made = [&](const std::string& how) { return small_network(network, 4, how); };
  check_same(weights_after(3, made("spatial=" + parts)), weights_after(3, made("serial")));
}

TEST_CASE("a batch norm normalises its rank's part of all images, as one process where the parts are alike") {
  const auto halves = [](Batch& batch) {
    constexpr std::size_t kHalf = 3 * 5 * 2;
    for (std::size_t image = 0; image < batch.samples.size(); image += 2 * kHalf)
      std::copy_n(batch.samples.data() + image, kHalf, batch.samples.data() + image + kHalf);
  };
  const std::vector<float> one = weights_after(3, small_network("norm", 8, "serial"), halves);
  check_same(weights_after(3, small_network("norm", 8, "spatial=2x1"), halves), one);
}

TEST_CASE("weights that two layers share are not shared out") {
  const Scenario made = scenario("gpt", 2, "filter=2", {{"layers", "1"}, {"hidden", "16"}, {"heads", "2"}, {"vocabulary", "12"}});
  CHECK_THROWS_WITH(Network(made.workload, plan_of(made), {}), Catch::Contains("head has another layer's"));
}

TEST_CASE("batch norms of shared networks normalise the samples that one process does") {
  const std::string axis = GENERATE("filter=2", "channel=2", "filter=4");
  check_same(weights_after(3, small_resnet(16, axis)), weights_after(3, small_resnet(16, "serial")));
  check_same(weights_after(3, small_resnet(16, "data=2," + axis)), weights_after(3, small_resnet(16, "micro-batches=2")));
}

TEST_CASE("a batch norm normalises each micro-batch, whichever rank has it") {
  const Scenario one = small_resnet(16, "micro-batches=4"), two = small_resnet(16, "data=2,micro-batches=2");
  check_same(weights_after(3, two), weights_after(3, one));
  const Scenario whole = small_resnet(16, "serial");
  CHECK(weights_after(3, whole) != weights_after(3, one));
}

TEST_CASE("every rank logs its own operations, once a micro-batch and block") {
  const Scenario made = small_gpt(8, "pipeline=2,micro-batches=4");
  const StepPlan plan = plan_of(made);
  const Clock clock = steady_now;
  const auto meeting = std::make_shared<ThreadMeeting>(2);
  std::vector<RankLog> logs(2);
  const auto rank = [&](int place) {
    ThreadGroup group(meeting, place);
    const Batch batch = make_batch(made.workload, 1, 0, 0, 8);
    Network network(made.workload, plan, {Kernels::eigen_only, 1, {}}, place);
    Executor executor(plan, Overlap::none, network, group, clock);
    RankLog& log = logs[static_cast<std::size_t>(place)];
    log.operations.resize(plan.operations.size());
    network.begin_step(batch);
    executor.step(&log);
  };
  { const std::jthread first(rank, 0), second(rank, 1); }
  std::vector<std::array<std::size_t, 2>> seen(plan.operations.size()), expected(plan.operations.size());
  for (std::size_t stage = 0; stage < 2; ++stage) {
    for (std::size_t i = 0; i < seen.size(); ++i) seen[i][stage] = logs[stage].operations[i].size();
    for (const StepEntry entry : step_order(plan, made.workload, static_cast<int>(stage))) ++expected[entry.operation][stage];
  }
  CHECK(seen == expected);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const bool shared = plan.operations[i].kind() == OperationKind::transfer;
    CHECK((seen[i][0] > 0 && seen[i][1] > 0) == shared);
    CHECK((seen[i][0] + seen[i][1]) % (plan.operations[i].name == "update" || plan.operations[i].name == "all_reduce" ? 1 : 4) == 0);
    for (const RankLog& log : logs)
      for (const RankLog::Interval& interval : log.operations[i]) CHECK((interval.start > Seconds(0) && interval.busy >= interval.wait));
  }
}

}  // namespace forerun
