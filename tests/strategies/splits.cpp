#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tests/strategies/lowered.hpp"
#include "tests/support/convolutions.hpp"
#include "workloads/formulas.hpp"
#include "workloads/load.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

Scenario scenario(const Workload& workload, const char* strategy, std::int64_t batch = 64) {
  Scenario scenario;
  scenario.workload = workload;
  scenario.workload.batch = batch;
  scenario.strategy = parse_strategy({strategy, "test", 0, 0, ""});
  scenario.platform.name = "cluster";
  scenario.platform.nodes = scenario.strategy.ranks();
  return scenario;
}
Scenario scenario(const char* workload, const char* strategy, std::int64_t batch = 64) {
  return scenario(load_workload({workload, "test", 0, 0, ""}, {}), strategy, batch);
}

/// Transfers of one kind over communicators of a name.
int transfers(const StepPlan& plan, Collective::Operation operation, std::string_view over) {
  return static_cast<int>(std::ranges::count_if(plan.operations, [&](const Operation& each) {
    const auto* transfer = std::get_if<Collective>(&each.work);
    return transfer != nullptr && transfer->operation == operation && plan.communicators[transfer->communicator].name == over;
  }));
}

const Communicator& communicator(const StepPlan& plan, std::string_view name) {
  const auto found = std::ranges::find(plan.communicators, name, &Communicator::name);
  REQUIRE(found != plan.communicators.end());
  return *found;
}

const LayerShape& shape_of(const StepPlan& plan, const Workload& workload, std::string_view layer) {
  const auto index = std::ranges::find(workload.layers, layer, &Layer::name) - workload.layers.begin();
  const auto found = std::ranges::find_if(
      plan.operations, [&](const Operation& each) { return each.layer == index && std::holds_alternative<Kernel>(each.work); });
  REQUIRE(found != plan.operations.end());
  return std::get<Kernel>(found->work).shape;
}

int first(const StepPlan& plan, Collective::Operation operation) {
  const auto found = std::ranges::find_if(plan.operations, [&](const Operation& each) {
    const auto* transfer = std::get_if<Collective>(&each.work);
    return transfer != nullptr && transfer->operation == operation;
  });
  REQUIRE(found != plan.operations.end());
  return static_cast<int>(found - plan.operations.begin());
}

/// Whether an operation of a plan of one class starts after another one of the same iteration: by what it waits for, and by its lane.
bool follows(const StepPlan& plan, int later, int earlier) {
  if (later <= earlier) return later == earlier;
  const Operation& operation = plan.operations[later];
  for (int before = later - 1; before >= earlier; --before)
    if (plan.operations[before].lane == operation.lane && follows(plan, before, earlier)) return true;
  for (int d = 0; d < operation.dependency_count; ++d) {
    const Dependency& waited = plan.dependencies[operation.first_dependency + d];
    if (waited.offset == 0 && follows(plan, waited.operation, earlier)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a network without a pair of dense layers or a table has nothing that tensor splits") {
  CHECK(reason_of(scenario("resnet50", "tensor=2")) == "tensor=2: resnet50 has no pair of dense layers to split");
  CHECK(reason_of(scenario("logistic-regression", "tensor=2,runtime=megatron")).find("has no pair of dense layers") != std::string::npos);
  CHECK(plan_of(scenario("mlp", "tensor=2")).ranks == 2);
  CHECK(plan_of(scenario("vgg16", "tensor=2")).ranks == 2);
}

TEST_CASE("filters are shared out, their inputs are whole, and ranks of a group lie side by side") {
  const Workload row = convolutions({4, 8, 16}, 8);
  const StepPlan plan = plan_of(scenario(row, "data=2,filter=4"));
  CHECK(shape_of(plan, row, "conv2").input.channels == 8);
  CHECK(shape_of(plan, row, "conv2").output.channels == 4);
  CHECK(transfers(plan, Collective::Operation::all_gather, "filter") == 2);
  CHECK(transfers(plan, Collective::Operation::all_reduce, "filter") == 1);
  CHECK(transfers(plan, Collective::Operation::all_reduce, "data") == 1);
  CHECK(communicator(plan, "filter").member_stride == 1);
  CHECK(communicator(plan, "data").member_stride == 4);
}

TEST_CASE("channels are shared out but those of the samples") {
  const Workload row = convolutions({3, 8, 16}, 8);
  const StepPlan plan = plan_of(scenario(row, "channel=4"));
  CHECK(shape_of(plan, row, "conv1").input.channels == 3);
  CHECK(shape_of(plan, row, "conv1").output.channels == 8);
  CHECK(shape_of(plan, row, "conv2").input.channels == 2);
  CHECK(shape_of(plan, row, "conv2").output.channels == 16);
  CHECK(transfers(plan, Collective::Operation::all_reduce, "channel") == 1);
  CHECK(transfers(plan, Collective::Operation::all_gather, "channel") == 1);
}

TEST_CASE("a grid's rows lie apart by its width, and shifts go there and back") {
  const StepPlan plan = plan_of(scenario(convolutions({4, 8, 8}, 16), "data=3,spatial=2x4", 6));
  CHECK(communicator(plan, "down").size == 2);
  CHECK(communicator(plan, "down").member_stride == 4);
  CHECK(communicator(plan, "right").size == 4);
  CHECK(communicator(plan, "right").member_stride == 1);
  for (const auto& [there, back] : {std::pair{"down", "up"}, std::pair{"right", "left"}}) {
    const Communicator& to = communicator(plan, there);
    const Communicator& from = communicator(plan, back);
    REQUIRE(to.groups == from.groups);
    for (int group = 0; group < to.groups; ++group)
      for (int member = 0; member < to.size; ++member) CHECK(to.rank(group, member) == from.rank(group, to.size - 1 - member));
    // Forward of both layers, backward of the second.
    CHECK(transfers(plan, Collective::Operation::shift, there) == 3);
    CHECK(transfers(plan, Collective::Operation::shift, back) == 3);
  }
  CHECK(communicator(plan, "data").size == 24);
}

TEST_CASE("a window that strides over its own part reaches for no row") {
  Workload row = convolutions({4, 8}, 16);
  append(row, "pool", {LayerKind::max_pool, {8, 16, 16}, {8, 8, 8}, 2, 2, 0});
  append(row, "point", {LayerKind::conv2d, {8, 8, 8}, {16, 4, 4}, 1, 2, 0});
  append(row, "stem", {LayerKind::conv2d, {16, 4, 4}, {16, 2, 2}, 3, 2, 1});
  const StepPlan plan = plan_of(scenario(row, "spatial=2x1"));
  // conv1 and stem forward; at stride 2 only one row above. Backward the gradient of one row below.
  CHECK(transfers(plan, Collective::Operation::shift, "down") == 2);
  CHECK(transfers(plan, Collective::Operation::shift, "up") == 2);
}

TEST_CASE("windows reach over an edge of parts that their stride does not meet, and a max-pool's gradients go back over it") {
  const StepPlan plan = plan_of(scenario("mnist-cnn", "spatial=2x1", 4));
  // Of 28, 26, 13, 11 rows and 5: a row each way for both convolutions, without padding, and from the second the gradient's row; the first
  // pool, of 13 rows, reaches for one and gives its gradient back; the second, of 6, does not.
  CHECK(transfers(plan, Collective::Operation::shift, "down") == 4);
  CHECK(transfers(plan, Collective::Operation::shift, "up") == 4);
}

TEST_CASE("parts that do not divide are priced by the largest") {
  const Workload resnet = load_workload({"resnet50", "test", 0, 0, ""}, {});
  const StepPlan plan = plan_of(scenario(resnet, "spatial=4x1", 4));
  std::int64_t lowest = 1000;
  for (const Operation& operation : plan.operations)
    if (const auto* kernel = std::get_if<Kernel>(&operation.work))
      if (kernel->shape.kind == LayerKind::conv2d) lowest = std::min(lowest, kernel->shape.output.height);
  CHECK(lowest == 2);  // of 7 rows
  CHECK(transfers(plan, Collective::Operation::all_gather, "spatial") == 1);
}

TEST_CASE("the paper's networks run over each axis") {
  for (const char* network : {"alexnet", "vgg16", "resnet50"})
    for (const char* strategy : {"data=2,filter=4", "data=2,channel=4", "data=2,spatial=4x1", "spatial=2x2", "filter=2", "channel=8",
                                 "data=2,spatial=2x1,zero=1", "data=2,filter=2,micro-batches=2", "data=2,filter=4,runtime=pytorch-ddp"}) {
      INFO(network << " " << strategy);
      CHECK(plan_of(scenario(network, strategy)).ranks == scenario(network, strategy).strategy.ranks());
    }
}

TEST_CASE("a layer with fewer filters, channels or rows than ranks is named") {
  CHECK(reason_of(scenario(convolutions({4, 8, 16}, 8), "filter=16")) == "filter=16: conv1 of row has only 8 filters");
  CHECK(reason_of(scenario(convolutions({4, 16, 8, 16}, 8), "channel=16")) == "channel=16: conv3 of row has only 8 channels");
  CHECK(reason_of(scenario(convolutions({4, 8, 16}, 8), "spatial=16x1")) == "spatial=16x1: conv1 of row has only 8 x 8 positions");
  plan_of(scenario(convolutions({4, 16, 16}, 8), "filter=16"));
  plan_of(scenario(convolutions({4, 16, 16}, 8), "channel=16"));
  plan_of(scenario(convolutions({4, 16, 16}, 8), "spatial=8x8"));
}

TEST_CASE("filters and channels that do not divide are named") {
  CHECK(reason_of(scenario(convolutions({4, 9, 12}, 8), "filter=4")) == "filter=4: 9 filters of conv1 of row do not divide");
  CHECK(reason_of(scenario(convolutions({4, 9, 12}, 8), "channel=4")) == "channel=4: 9 channels of conv2 of row do not divide");
  CHECK_THAT(reason_of(scenario("resnet50", "filter=16")), Catch::Contains("1000 filters"));
}

TEST_CASE("groups are no filters that could be shared out") {
  for (const char* strategy : {"filter=2", "channel=2"})
    CHECK_THAT(reason_of(scenario("mobilenet-v2", strategy)), Catch::Contains("parts already"));
}

TEST_CASE("a window that needs more rows than a neighbour has is named") {
  Workload row = convolutions({4, 8}, 8);
  append(row, "wide", {LayerKind::conv2d, {8, 8, 8}, {8, 8, 8}, 7, 1, 3});
  CHECK_THAT(reason_of(scenario(row, "spatial=4x1")), Catch::Contains("the window of wide of row reaches beyond its neighbours"));
}

TEST_CASE("what has no convolution over its samples has no parts of an image") {
  CHECK_THAT(reason_of(scenario("mlp", "spatial=2x1")), Catch::Contains("has no convolution"));
  CHECK_THAT(reason_of(scenario("gpt2", "spatial=1x2", 2)), Catch::Contains("has no convolution"));
}

TEST_CASE("products that nobody defined are refused") {
  for (const char* strategy : {"filter=2,channel=2", "filter=2,spatial=2x1", "channel=2,pipeline=2", "spatial=1x2,tensor=2",
                               "filter=2,context=2", "data=2,expert=2,channel=2"}) {
    INFO(strategy);
    CHECK_THAT(reason_of(scenario("vgg16", strategy)), Catch::Contains("no such product is defined"));
  }
}

TEST_CASE("a step's samples are loaded during the step before, by one process for all ranks that share them") {
  Scenario s = scenario(convolutions({4, 8, 8}, 16), "data=2,spatial=2x1", 64);
  s.platform.loader_rate = 100;
  const StepPlan plan = plan_of(s);
  CHECK(plan.lanes[plan.operations[0].lane].kind == LaneKind::input);
  CHECK(std::get<Delay>(plan.operations[0].work).duration == Seconds(0.32));
  // Loading waits for the begin of the step before, which waits for its own samples.
  REQUIRE(plan.operations[0].dependency_count == 1);
  CHECK(plan.dependencies[plan.operations[0].first_dependency] == Dependency{1, 1});
  CHECK(plan.dependencies[plan.operations[1].first_dependency] == Dependency{0, 0});
  for (const char* strategy : {"data=2,micro-batches=4", "filter=4", "pipeline=2,micro-batch=8", "data=4,runtime=pytorch-fsdp"}) {
    INFO(strategy);
    Scenario other = scenario("vgg16", strategy);
    other.platform.loader_rate = 1000;
    plan_of(other);
  }
}

TEST_CASE("halos of the samples wait until these are loaded, and for no parameters that are gathered meanwhile") {
  for (const char* strategy : {"spatial=2x1", "data=2,spatial=2x2", "data=2,spatial=2x1,micro-batches=2", "data=2,spatial=2x1,zero=1",
                               "data=2,spatial=2x1,zero=1,runtime=pytorch-ddp"}) {
    INFO(strategy);
    Scenario s = scenario(convolutions({4, 8, 8}, 16), strategy, 64);
    s.platform.loader_rate = 100;
    const StepPlan plan = plan_of(s);
    REQUIRE(plan.operations[0].name == "load");
    const int halo = first(plan, Collective::Operation::shift);
    CHECK(follows(plan, halo, 0));
    // Of the step before it waits for the compute lane alone.
    const Operation& operation = plan.operations[halo];
    REQUIRE(operation.dependency_count == 1);
    const Dependency& waited = plan.dependencies[operation.first_dependency];
    CHECK(waited.offset == 0);
    CHECK(plan.operations[waited.operation].lane == plan.compute_lane);
  }
}

TEST_CASE("Megatron pads its vocabulary, split or not, and others do not") {
  const auto words = [](const char* strategy) {
    const StepPlan plan = plan_of(transformer(strategy, 8));
    std::set<std::int64_t> widths;
    for (const Operation& operation : plan.operations)
      if (const auto* kernel = std::get_if<Kernel>(&operation.work))
        if (kernel->shape.kind == LayerKind::softmax_cross_entropy || kernel->shape.output.channels > 3072)
          if (kernel->pass != Pass::update) widths.insert(kernel->shape.output.channels);
    return widths;
  };
  using Widths = std::set<std::int64_t>;
  CHECK(words("data=1,runtime=pytorch-ddp") == Widths{50257});
  CHECK(words("data=1,runtime=megatron") == Widths{50304});
  CHECK(words("data=1,tensor=4,runtime=megatron") == Widths{50688 / 4});
}

TEST_CASE("words are padded where positions outnumber them, too") {
  Scenario s = transformer("data=1,runtime=megatron", 1);
  s.workload = load_workload({"gpt2", "test", 0, 0, ""}, std::vector<Text>{{"513", "test", 0, 0, "vocabulary"}});
  s.workload.batch = 8;
  const StepPlan plan = plan_of(s);
  const bool padded = std::ranges::any_of(plan.operations, [](const Operation& operation) {
    const auto* kernel = std::get_if<Kernel>(&operation.work);
    return kernel != nullptr && kernel->shape.kind == LayerKind::softmax_cross_entropy && kernel->shape.input.channels == 640;
  });
  CHECK(padded);
}
