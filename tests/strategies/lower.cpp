#include "strategies/lower.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/strategies/lowered.hpp"
#include "workloads/formulas.hpp"
#include "workloads/load.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

std::vector<std::string> names(const StepPlan& plan) {
  std::vector<std::string> out;
  for (const Operation& operation : plan.operations) out.push_back(std::string(operation.name) + " " + std::to_string(operation.layer));
  return out;
}

// The operations that an operation waits for.
std::vector<int> waits(const StepPlan& plan, std::size_t index) {
  std::vector<int> out;
  const Operation& operation = plan.operations[index];
  for (int d = 0; d < operation.dependency_count; ++d) out.push_back(plan.dependencies[operation.first_dependency + d].operation);
  return out;
}

std::size_t find(const StepPlan& plan, const std::string& name) {
  const auto all = names(plan);
  const auto at = std::find(all.begin(), all.end(), name);
  REQUIRE(at != all.end());
  return static_cast<std::size_t>(at - all.begin());
}

}  // namespace

TEST_CASE("a step on one device is forward, backward and update, without transfers") {
  const StepPlan plan = plan_of(scenario("mlp", 32, "serial", 1));
  CHECK(names(plan) == std::vector<std::string>{"forward 0", "forward 1", "forward 2", "forward 3", "backward_data 3", "backward_weights 2",
                                                "backward_data 2", "backward_data 1", "backward_weights 0", "update 0", "update 2"});
  CHECK(plan.ranks == 1);
  CHECK(plan.lanes.size() == 1);
  CHECK(plan.communicators.empty());
  CHECK(plan.dependencies.empty());
}

TEST_CASE("a view takes no operation") {
  const Scenario vgg = scenario("vgg11", 8, "data=1", 1);
  const auto flatten = std::ranges::find(vgg.workload.layers, "flatten", &Layer::name) - vgg.workload.layers.begin();
  REQUIRE(flatten < static_cast<std::ptrdiff_t>(vgg.workload.layers.size()));
  for (const Operation& operation : plan_of(vgg).operations) CHECK(operation.layer != flatten);
}

TEST_CASE("every rank computes its share of the global batch") {
  const StepPlan plan = plan_of(scenario("mlp", 96, "data=4", 4));
  for (const Operation& operation : plan.operations)
    if (const auto* kernel = std::get_if<Kernel>(&operation.work)) CHECK(kernel->batch == 24);
  CHECK(plan.classes == std::vector<RankClass>{{"rank", 0, 4, 1}});
  CHECK(plan.communicators[0].size == 4);
}

TEST_CASE("kernels know what the rank's whole step touches") {
  const Scenario s = scenario("mlp", 96, "data=4", 4);
  const StepPlan plan = plan_of(s);
  CHECK(std::get<Kernel>(plan.operations[0].work).footprint == step_footprint(s.workload, 24));
}

TEST_CASE("a bucket is reduced after the last gradient it holds, and the update waits for the last bucket") {
  const StepPlan plan = plan_of(scenario("vgg11-cifar10", 96, "data=3,runtime=pytorch-ddp", 3));
  const std::size_t first = find(plan, "all_reduce 0"), last = find(plan, "all_reduce 2");
  for (const std::size_t reduce : {first, find(plan, "all_reduce 1"), last}) {
    CHECK(waits(plan, reduce) == std::vector<int>{static_cast<int>(reduce) - 1});
    CHECK(plan.operations[reduce - 1].name == "backward_weights");
    CHECK(plan.lanes[plan.operations[reduce].lane].kind == LaneKind::communication);
  }
  const std::size_t update = find(plan, "update 0");
  CHECK(waits(plan, update) == std::vector<int>{static_cast<int>(last)});
  CHECK(waits(plan, first + 1).empty());
}

TEST_CASE("without overlap whatever follows a bucket waits for it") {
  const StepPlan plan = plan_of(scenario("vgg11-cifar10", 96, "data=3,runtime=pytorch-ddp,overlap=none", 3));
  for (const char* name : {"all_reduce 0", "all_reduce 1", "all_reduce 2"}) {
    const std::size_t reduce = find(plan, name);
    CHECK(waits(plan, reduce + 1) == std::vector<int>{static_cast<int>(reduce)});
  }
}

TEST_CASE("all gradients are reduced exactly once") {
  const Scenario s = scenario("vgg11-cifar10", 96, "data=3,runtime=pytorch-ddp,bucket=2MiB", 3);
  const StepPlan plan = plan_of(s);
  Bytes sum;
  for (const Operation& operation : plan.operations)
    if (const auto* transfer = std::get_if<Collective>(&operation.work)) sum += transfer->bytes;
  CHECK(sum == Bytes(4.0 * static_cast<double>(parameters(s.workload))));
}

TEST_CASE("the plan repeats as many steps as the run names") {
  Scenario s = scenario("mlp", 60, "serial", 1);
  CHECK(plan_of(s).step.count == 0);
  s.run.steps = 7;
  CHECK(plan_of(s).step.count == 7);
  s.run.steps.reset();
  s.run.epochs = 2;
  CHECK(plan_of(s).step.count == 2 * (60000 / 60));
}

TEST_CASE("epochs that make more steps than can be counted are refused") {
  Scenario s = scenario("mlp", 1, "serial", 1);
  s.workload.samples = std::int64_t{1} << 40;
  s.run.epochs = 900;
  CHECK(plan_of(s).step.count == 900 * (std::int64_t{1} << 40));
  for (const double epochs : {1000.0, 1e9, 1e300}) {
    s.run.epochs = epochs;
    CHECK_THROWS_AS(lower(s), BadInput);
  }
}

TEST_CASE("a batch that does not divide is infeasible") {
  CHECK(reason_of(scenario("mlp", 100, "data=3", 3)) == "batch 100 does not divide by data=3");
}

TEST_CASE("a strategy larger than the platform is infeasible") {
  CHECK(reason_of(scenario("mlp", 100, "data=4", 3)) == "the strategy needs 4 devices, cluster has 3 (nodes=3, devices-per-node=1)");
}

TEST_CASE("a step that does not fit into memory is infeasible and names what takes it") {
  Scenario s = scenario("alexnet", 256, "serial", 1);
  s.platform.memory_per_node = Bytes(1 * kGiB);
  CHECK(reason_of(s).find("activations") != std::string::npos);
  s.platform.memory_per_node = Bytes(64 * kGiB);
  plan_of(s);
}

TEST_CASE("memory that is short by little is written with the digits that show it") {
  Scenario s = scenario("alexnet", 256, "serial", 1);
  s.platform.memory_per_node = Bytes(64 * kGiB);
  const Bytes needed = plan_of(s).memory.total();
  s.platform.memory_per_node = needed - Bytes(kMiB);
  const std::string reason = reason_of(s);
  const std::size_t has = reason.find(", the platform has ") + 19;
  INFO(reason);
  CHECK(reason.substr(13, reason.find(" of memory") - 13) != reason.substr(has, reason.find(':') - has));
  CHECK(reason.find(" GiB of memory a device, the platform has ") != std::string::npos);
}

namespace {

Flops work_of(const StepPlan& plan, Pass pass) {
  const TreeIndex tree = index_tree(plan);
  Flops sum;
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const auto* kernel = std::get_if<Kernel>(&plan.operations[i].work);
    if (kernel == nullptr || kernel->pass != pass || kernel->shape.kind != LayerKind::dense) continue;
    sum += times_in_step(tree, i) * flops(*kernel);
  }
  return sum;
}

}  // namespace

TEST_CASE("tensor parallelism sums a block's activations twice forward and twice backward [Shoeybi et al. 2019, sec. 3]") {
  const Scenario s = transformer("tensor=4,runtime=megatron", 4);
  const double activation = 4.0 * 8 * 1024 * 768;  // float32, batch 8
  const double loss = 3 * 4.0 * 8 * 1024;
  // The embedding's output forward, the head's input backward.
  CHECK(bytes_of(plan_of(s), Collective::Operation::all_reduce) == Approx((4 * 12 + 2) * activation + loss));
}

TEST_CASE("sequence parallelism moves as many bytes, as reduce-scatters and all-gathers [Korthikanti et al. 2022, sec. 4.2]") {
  const StepPlan plan = plan_of(transformer("tensor=4,sequence-parallel=on,runtime=megatron", 4));
  const double activation = 4.0 * 8 * 1024 * 768;
  CHECK(bytes_of(plan, Collective::Operation::reduce_scatter) == Approx((4 * 12 + 2) * activation));
  // Those of the sums, and one more of each column's input for the gradient of its weights.
  CHECK(bytes_of(plan, Collective::Operation::all_gather) == Approx((4 * 12 + 2 + 2 * 12 + 1) * activation));
}

TEST_CASE("every rank of a tensor group has its share of the products") {
  const double whole = work_of(plan_of(transformer("data=1", 1)), Pass::forward).value();
  const double share = work_of(plan_of(transformer("tensor=4", 4)), Pass::forward).value();
  CHECK(share == Approx(whole / 4).epsilon(1e-3));  // 50,257 words are padded to a multiple of 4
  CHECK(work_of(plan_of(transformer("tensor=2,micro-batches=4", 2)), Pass::forward).value() == Approx(whole / 2).epsilon(1e-3));
}

TEST_CASE("heads that do not divide are infeasible") {
  CHECK_THAT(reason_of(transformer("tensor=5", 5)), Catch::Contains("tensor=5") && Catch::Contains("do not divide"));
}

TEST_CASE("a pipeline's stages hold the blocks in order and send what crosses") {
  const StepPlan plan = plan_of(transformer("pipeline=4,micro-batch=1", 4));
  REQUIRE(plan.classes.size() == 4);
  REQUIRE(std::holds_alternative<Pipeline>(plan.step.body.front()));
  const auto& pipeline = std::get<Pipeline>(plan.step.body.front());
  CHECK(pipeline.micro_batches == 8);
  CHECK(pipeline.chunks.size() == 4);
  // Activations forward and their gradients backward over three cuts, one sample each.
  CHECK(bytes_of(plan, Collective::Operation::send) == Approx(8 * 6 * 4.0 * 1024 * 768));
  // The first and the last stage share the token table.
  CHECK(bytes_of(plan, Collective::Operation::all_reduce) == Approx(4.0 * 50257 * 768));
}

TEST_CASE("all forms together make a plan without defect that computes everything once") {
  const double whole = work_of(plan_of(transformer("data=1", 1, 32)), Pass::forward).value();
  for (const char* strategy :
       {"data=2,tensor=2,pipeline=2,micro-batch=1,runtime=megatron",
        "data=2,tensor=2,pipeline=2,micro-batch=1,interleave=3,sequence-parallel=on,runtime=megatron",
        "data=4,pipeline=2,micro-batch=2,schedule=gpipe,zero=1", "data=2,pipeline=4,micro-batch=1,schedule=zb-h1",
        "data=4,tensor=2,zero=2,micro-batch=2,overlap=all", "data=8,runtime=pytorch-fsdp", "data=8,runtime=pytorch-fsdp,micro-batch=1"}) {
    INFO(strategy);
    const Scenario s = transformer(strategy, 8, 32);
    const StepPlan plan = plan_of(s);
    CHECK(plan.ranks == 8);
    // Every stage's operations are in the plan: together they are one replica's share, on one rank of each tensor group.
    CHECK(work_of(plan, Pass::forward).value() == Approx(whole / s.strategy.data / s.strategy.tensor).epsilon(2e-3));
  }
}

TEST_CASE("full recomputation runs the blocks' forward pass once more") {
  const double once = work_of(plan_of(transformer("data=1", 1)), Pass::forward).value();
  const double head = 2.0 * 8 * 1024 * 768 * 50257;
  const double twice = work_of(plan_of(transformer("data=1,recompute=full", 1)), Pass::forward).value();
  CHECK(twice == Approx(2 * once - head));
}

TEST_CASE("operations name the layers of the scenario also where projections are fused") {
  const Scenario s = transformer("tensor=2,runtime=megatron", 2);
  int attentions = 0;
  for (const Operation& operation : plan_of(s).operations) {
    const auto* kernel = std::get_if<Kernel>(&operation.work);
    if (kernel == nullptr || operation.layer < 0) continue;
    CHECK(kernel->shape.kind == s.workload.layers[operation.layer].shape.kind);
    attentions += kernel->shape.kind == LayerKind::attention ? 1 : 0;
  }
  CHECK(attentions == 2);
}

TEST_CASE("parts of a sequence gather keys and values twice and scatter their gradients once") {
  const StepPlan plan = plan_of(transformer("context=4", 4));
  const double keys_and_values = 4.0 * 1024 * 12 * (64 + 64);
  CHECK(bytes_of(plan, Collective::Operation::all_gather) == Approx(8 * 12 * 2 * keys_and_values));
  CHECK(bytes_of(plan, Collective::Operation::reduce_scatter) == Approx(8 * 12 * keys_and_values));
  const double whole = work_of(plan_of(transformer("data=1", 1)), Pass::forward).value();
  CHECK(work_of(plan, Pass::forward).value() == Approx(whole / 4));
  // Every part has all weights: their gradients are summed.
  CHECK(bytes_of(plan, Collective::Operation::all_reduce) ==
        Approx(4.0 * static_cast<double>(parameters(transformer("data=1", 1).workload))));
  CHECK_THAT(reason_of(transformer("context=3", 3)), Catch::Contains("context=3"));
}

TEST_CASE("tokens travel to spread experts and back, whose gradients only the ranks with the same experts sum") {
  const auto experts = [](const char* strategy, int nodes) {
    Scenario s = transformer(strategy, nodes);
    const std::vector<Text> settings{{.value = "8", .key = "experts"}, {.value = "2", .key = "top-k"}};
    s.workload = load_workload({"gpt2", "test", 0, 0, ""}, settings);
    s.workload.batch = 8;
    return s;
  };
  const Scenario s = experts("data=8,expert=4", 8);
  const StepPlan plan = plan_of(s);
  const double tokens = 4.0 * 1024 * 2 * 768;  // each goes to two experts; one sample a rank
  CHECK(bytes_of(plan, Collective::Operation::all_to_all) == Approx(12 * 4 * tokens));
  double spread = 0, shared = 0;
  for (const Layer& layer : s.workload.layers)
    (layer.shape.experts > 1 ? spread : shared) += 4.0 * static_cast<double>(trained_parameters(layer));
  CHECK(bytes_of(plan, Collective::Operation::all_reduce) == Approx(shared + spread / 4));
  CHECK(bytes_of(plan_of(experts("data=8", 8)), Collective::Operation::all_reduce) == Approx(shared + spread));
  CHECK_THAT(reason_of(experts("data=3,expert=3", 3)), Catch::Contains("batch 8") || Catch::Contains("experts"));
  CHECK_THAT(reason_of(transformer("data=4,expert=2", 4)), Catch::Contains("has no experts"));
}

TEST_CASE("a stage updates its copy of weights that it shares with another, as one buffer or layer by layer") {
  const auto updated = [](const char* strategy) {
    const StepPlan plan = plan_of(transformer(strategy, 4));
    double elements = 0;
    for (const Operation& operation : plan.operations)
      if (const auto* kernel = std::get_if<Kernel>(&operation.work); kernel != nullptr && kernel->pass == Pass::update)
        elements += static_cast<double>(parameters(kernel->shape));
    return elements;
  };
  const double table = 50257.0 * 768;
  const double whole = updated("serial");
  CHECK(updated("pipeline=2,micro-batches=4") == whole + table);
  CHECK(updated("data=2,pipeline=2,zero=1") == Approx((whole + table) / 2));
}
