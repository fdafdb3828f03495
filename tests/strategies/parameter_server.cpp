#include "strategies/parameter_server.hpp"

#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "strategies/plan_text.hpp"
#include "strategies/server_layout.hpp"
#include "tests/strategies/lowered.hpp"
#include "workloads/formulas.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

std::string refused(const std::string& strategy) {
  try {
    parse_strategy({strategy, "test", 0, 0, ""});
  } catch (const BadInput& bad) {
    return bad.what();
  }
  return "";
}

}  // namespace

TEST_CASE("ranks belong to one class each, wherever the servers of asynchronous workers are") {
  for (const int workers : {1, 2, 4, 5})
    for (const int servers : {1, 2, 4})
      for (const char* nodes : {"own", "shared"}) {
        if (servers > workers) continue;
        const std::string strategy = "data=" + std::to_string(workers) + ",servers=" + std::to_string(servers) +
                                     ",sync=off,variables=partitioned,server-nodes=" + nodes;
        INFO(strategy);
        plan_of(scenario("mlp", 64 * workers, strategy, workers + servers));
      }
}

TEST_CASE("a step with a parameter server is pull, compute, push, accumulate, update and token") {
  Scenario logistic = scenario("logistic-regression", 64, "data=2,servers=1", 3);
  logistic.run.steps = 10;
  CHECK(plan_text(plan_of(logistic), logistic.workload) == R"(logistic-regression of 3 ranks
class worker: ranks 0 to 1
class server 0: ranks 2 to 2
communicator server 0: 1 group of 3
repeat 10 steps
    0  pull 0   pull                                   30.7 KiB to each of 2  after 8(-1)
    1  compute  forward dense-1                        dense, batch 32, 502 kflop  after 0
    2  compute  forward softmax-cross-entropy-1        softmax-cross-entropy, batch 32, 1.60 kflop
    3  compute  backward_data softmax-cross-entropy-1  softmax-cross-entropy, batch 32, 640 flop
    4  compute  backward_weights dense-1               dense, batch 32, 502 kflop
    5  push 0   push bucket 0                          30.7 KiB from each of 2  after 4
    6  server   accumulate                             dense, batch 1, 37.7 kflop  after 5
    7  server   update                                 dense, batch 1, 31.4 kflop
    8  token    token                                  8 B to each of 2  after 7, 5
)");
}

TEST_CASE("asynchronous, the plan is one worker's cycle, and its gradient is applied as it comes") {
  const StepPlan plan = plan_of(scenario("mlp", 96, "data=3,servers=1,sync=off", 4));
  for (const Operation& operation : plan.operations) CHECK(operation.name != "accumulate");
  for (const Communicator& communicator : plan.communicators) CHECK(communicator.size <= 2);
  CHECK(plan.classes[0].count == 1);
  CHECK(plan.ranks == 4);
}

TEST_CASE("every worker pulls all parameters and pushes all gradients once") {
  for (const char* rest : {"", ",variables=by-size", ",variables=partitioned", ",bucket=4MiB", ",server-nodes=shared", ",sync=off"}) {
    INFO(rest);
    const bool shared = std::string(rest).find("shared") != std::string::npos;
    const Scenario vgg = scenario("vgg11-cifar10", 96, "data=3,servers=2" + std::string(rest), shared ? 3 : 5);
    const double all = 4.0 * static_cast<double>(parameters(vgg.workload));
    const StepPlan plan = plan_of(vgg);
    CHECK(bytes_of(plan, Collective::Operation::pull) == Approx(all + 8).epsilon(1e-9));  // and the token
    CHECK(bytes_of(plan, Collective::Operation::push) == Approx(all).epsilon(1e-9));
  }
}

TEST_CASE("a bucket of a server is pushed after the last gradient in it, or without overlap after the backward pass") {
  for (const char* overlap : {"data", "none"}) {
    const StepPlan plan = plan_of(scenario("mlp", 64, std::string("data=2,servers=1,overlap=") + overlap, 3));
    std::vector<std::string_view> after;
    int last_compute = -1;
    for (int i = 0; i < static_cast<int>(plan.operations.size()); ++i) {
      const Operation& operation = plan.operations[i];
      if (operation.lane == plan.compute_lane) last_compute = i;
      if (operation.name != "push") continue;
      REQUIRE(operation.dependency_count == 1);
      const int named = plan.dependencies[operation.first_dependency].operation;
      CHECK(plan.operations[named].name == "backward_weights");
      const bool waits_for_all = std::string_view(overlap) == "none";
      CHECK((named == last_compute) == (waits_for_all || !after.empty()));
      after.push_back(plan.operations[named].name);
    }
    CHECK(after.size() == 2);
  }
}

TEST_CASE("servers stand on nodes of their own behind the workers, or beside them") {
  const auto layout = [](const std::string& strategy, int nodes, int devices) {
    return std::get<ServerLayout>(lay_out_servers(scenario("mlp", 64, strategy, nodes, devices)));
  };
  CHECK(layout("data=8,servers=2", 4, 4).server_ranks == std::vector<int>{8, 12});
  CHECK(layout("data=8,servers=2,server-nodes=shared", 2, 4).server_ranks == std::vector<int>{0, 4});
  CHECK(layout("data=8,servers=2,server-nodes=shared", 2, 4).ranks == 8);
  CHECK(layout("data=8,servers=1,node-reduction=on", 3, 4).leader_ranks == std::vector<int>{0, 4});
  CHECK(layout("data=4,servers=1,backup-workers=2", 7, 1).workers == 6);
}

TEST_CASE("classes of workers cover each of them once") {
  for (const char* rest : {"", ",server-nodes=shared", ",server-nodes=shared,node-reduction=on", ",node-reduction=on"})
    for (const int devices : {1, 2, 4}) {
      INFO(rest << " " << devices);
      const auto layout = std::get<ServerLayout>(lay_out_servers(scenario("mlp", 64, "data=8,servers=2" + std::string(rest), 12, devices)));
      std::vector<int> times(8, 0);
      for (const WorkerClass& workers : layout.classes)
        for (int i = 0; i < workers.ranks.count; ++i) ++times[workers.ranks.rank(i)];
      CHECK(times == std::vector<int>(8, 1));
    }
}

TEST_CASE("backup workers compute their share too, and the batch counts those that are waited for") {
  const StepPlan plan = plan_of(scenario("mlp", 64, "data=4,servers=1,backup-workers=2", 7));
  CHECK(plan.classes[0].count == 6);
  for (const Operation& operation : plan.operations)
    if (const auto* kernel = std::get_if<Kernel>(&operation.work); kernel != nullptr && operation.lane == plan.compute_lane)
      CHECK(kernel->batch == 16);
}

TEST_CASE("a server adds up the gradients that a step counts: of workers without the backup, or one a node after sums inside") {
  struct Counted {
    std::string strategy;
    int nodes, devices;
    double gradients;
  };
  const Counted counted = GENERATE(values<Counted>({{"data=2,servers=1", 12, 1, 2},
                                                    {"data=8,servers=1", 12, 1, 8},
                                                    {"data=8,servers=1,backup-workers=3", 12, 1, 8},
                                                    {"data=8,servers=1,node-reduction=on", 12, 4, 2}}));
  INFO(counted.strategy);
  const auto accumulated = [](const StepPlan& plan) {
    double elements = 0;
    for (const Operation& operation : plan.operations)
      if (operation.name == "accumulate") elements += static_cast<double>(std::get<Kernel>(operation.work).shape.output.channels);
    return elements;
  };
  const double of_four = accumulated(plan_of(scenario("mlp", 64, "data=4,servers=1", 5)));
  REQUIRE(of_four > 0);
  const StepPlan plan = plan_of(scenario("mlp", 64, counted.strategy, counted.nodes, counted.devices));
  CHECK(accumulated(plan) == Approx(of_four * counted.gradients / 4).epsilon(1e-3));
}

TEST_CASE("workers hold no optimizer state, and servers share it out") {
  const Scenario vgg = scenario("vgg11-cifar10", 96, "data=3,servers=2,variables=by-size", 5);
  CHECK(plan_of(vgg).memory.optimizer == Bytes(0));
  const auto variables = served_variables(vgg);
  const double all = 4.0 * static_cast<double>(parameters(vgg.workload));
  Bytes weights, optimizer;
  for (int s = 0; s < 2; ++s) {
    const StepMemory memory = server_memory(vgg.workload, variables, s);
    weights += memory.weights, optimizer += memory.optimizer;
    CHECK(memory.activations == Bytes(0));
  }
  CHECK(weights.value() == Approx(all));
  CHECK(optimizer.value() == Approx(all));  // one velocity a parameter
}

TEST_CASE("what parameter servers cannot do is infeasible with its reason") {
  CHECK(reason_of(scenario("mlp", 64, "data=4,servers=1", 4)).find("need 5 nodes, cluster has 4") != std::string::npos);
  CHECK(reason_of(scenario("mlp", 64, "data=4,servers=5,server-nodes=shared", 4)).find("at most one a node") != std::string::npos);
  CHECK(reason_of(scenario("mlp", 65, "data=4,servers=1", 5)) == "batch 65 does not divide by data=4");
  CHECK(reason_of(scenario("mlp", 64, "data=4,servers=5", 9)).find("holds no variable") != std::string::npos);
  Scenario small = scenario("vgg16", 64, "data=4,servers=1", 5);
  small.platform.device_memory = Bytes(64e9);
  small.platform.memory_per_node = Bytes(1e9);
  CHECK(reason_of(small).find("a server's node needs") != std::string::npos);
  CHECK_THROWS_AS(lower(scenario("gpt2", 64, "data=4,tensor=2,servers=1", 20)), MissingCapability);
  Scenario loaded = scenario("mlp", 64, "data=4,servers=1", 5);
  loaded.platform.loader_rate = 100;
  CHECK_THROWS_AS(lower(loaded), MissingCapability);
  CHECK_THROWS_AS(lower(scenario("mlp", 64, "data=4,servers=1,sync=off,node-reduction=on", 20)), MissingCapability);
}

TEST_CASE("settings of parameter servers that mean nothing are refused with their key") {
  CHECK(refused("data=2,servers=0").find("servers") != std::string::npos);
  CHECK(refused("data=2,servers=-1").find("servers") != std::string::npos);
  CHECK(refused("data=2,servers=99999999999").find("servers") != std::string::npos);
  CHECK(refused("data=2,servers=1,backup-workers=-1").find("backup-workers") != std::string::npos);
  CHECK(refused("data=2,sync=off").find("is of parameter servers") != std::string::npos);
  CHECK(refused("data=2,servers=1,sync=maybe").find("neither on nor off") != std::string::npos);
  CHECK(refused("data=2,servers=1,sync=off,backup-workers=1").find("waits for no one") != std::string::npos);
  CHECK(refused("data=2,servers=1,runtime=pytorch-ddp").find("tf-parameter-server alone") != std::string::npos);
  CHECK(refused("data=2,servers=1,variables=randm").find("round-robin") != std::string::npos);
}

TEST_CASE("a strategy with servers is written as it is read") {
  for (const char* text : {"data=4,servers=2,runtime=tf-parameter-server", "data=4,servers=1,sync=off,runtime=tf-parameter-server",
                           "data=4,servers=3,backup-workers=1,variables=by-size,runtime=tf-parameter-server",
                           "data=8,servers=2,server-nodes=shared,node-reduction=on,runtime=tf-parameter-server"})
    CHECK(strategy_text(parse_strategy({text, "test", 0, 0, ""})) == text);
}
