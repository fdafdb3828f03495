#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "core/error.hpp"
#include "tests/strategies/lowered.hpp"
#include "workloads/formulas.hpp"

using namespace forerun;
using namespace forerun::test;

namespace {

/// The all-gathers that stand in a repeat.
std::vector<std::size_t> gathers_in_repeats(const StepPlan& plan, const TreeIndex& tree) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const auto* transfer = std::get_if<Collective>(&plan.operations[i].work);
    if (tree.repeat_of[i] > 0 && transfer != nullptr && transfer->operation == Collective::Operation::all_gather) found.push_back(i);
  }
  return found;
}

}  // namespace

TEST_CASE("fully sharded parameters are gathered twice and their gradients scattered once") {
  const Scenario s = transformer("data=8,runtime=pytorch-fsdp", 8);
  const StepPlan plan = plan_of(s);
  const double all = 4.0 * static_cast<double>(parameters(s.workload));
  const double outside = 4.0 * (50257 * 768 + 1024 * 768 + 2 * 768);
  CHECK(bytes_of(plan, Collective::Operation::all_gather) == Approx(2 * (all - outside) + outside));
  CHECK(bytes_of(plan, Collective::Operation::reduce_scatter) == Approx(all));
}

TEST_CASE("what is gathered first in a step waits for the update of the step before, which writes it") {
  for (const char* strategy : {"data=8,zero=3,overlap=data", "data=8,runtime=pytorch-fsdp", "data=4,runtime=pytorch-fsdp,micro-batch=1",
                               "data=4,tensor=2,zero=3,overlap=data", "data=4,zero=3,overlap=data,offload=optimizer"}) {
    INFO(strategy);
    Scenario s = transformer(strategy, 8);
    s.platform.host_link = BytesPerSecond(32e9);
    const StepPlan plan = plan_of(s);
    const auto gather = std::ranges::find_if(plan.operations, [](const Operation& operation) {
      const auto* transfer = std::get_if<Collective>(&operation.work);
      return transfer != nullptr && transfer->operation == Collective::Operation::all_gather;
    });
    REQUIRE(gather != plan.operations.end());
    REQUIRE(gather->dependency_count == 1);
    CHECK(plan.dependencies[gather->first_dependency] == Dependency{static_cast<int>(plan.operations.size()) - 1, 1});
  }
}

TEST_CASE("a unit is gathered ahead once the unit before the one that computes is freed") {
  const StepPlan plan = plan_of(transformer("data=8,runtime=pytorch-fsdp", 8));
  const TreeIndex tree = index_tree(plan);
  const std::vector<std::size_t> gathers = gathers_in_repeats(plan, tree);
  for (const std::size_t i : gathers) {
    const Operation& operation = plan.operations[i];
    REQUIRE(operation.dependency_count == 1);
    const Dependency& freed = plan.dependencies[operation.first_dependency];
    CHECK(freed.offset == 1);
    CHECK(plan.operations[freed.operation].kind() == OperationKind::compute);
    CHECK(tree.repeat_of[freed.operation] == tree.repeat_of[i]);
  }
  CHECK(gathers.size() == 2);  // of the blocks, forward and backward
}

TEST_CASE("the unit that is written after its like is another block, and every block's kernels are known by it") {
  const StepPlan plan = plan_of(transformer("data=8,runtime=pytorch-fsdp", 8));
  const TreeIndex tree = index_tree(plan);
  for (const bool forward : {true, false}) {
    INFO((forward ? "forward" : "backward"));
    std::set<int> folded, last;
    for (std::size_t i = 0; i < plan.operations.size(); ++i) {
      const auto* kernel = std::get_if<Kernel>(&plan.operations[i].work);
      if (kernel == nullptr || (kernel->pass == Pass::forward) != forward || plan.operations[i].block < 0) continue;
      (times_in_step(tree, i) > 1 ? folded : last).insert(plan.operations[i].block);
    }
    CHECK(folded == std::set<int>{forward ? 0 : 1});
    CHECK(last == std::set<int>{forward ? 11 : 0});
  }
}

TEST_CASE("ZeRO 1 scatters gradients, updates a share and gathers parameters") {
  const Scenario s = transformer("data=8,zero=1", 8);
  const StepPlan plan = plan_of(s);
  const double all = 4.0 * static_cast<double>(parameters(s.workload));
  CHECK(bytes_of(plan, Collective::Operation::reduce_scatter) == Approx(all));
  CHECK(bytes_of(plan, Collective::Operation::all_gather) == Approx(all));
  CHECK(bytes_of(plan, Collective::Operation::all_reduce) == 0);
  // The next step computes with what was gathered.
  const Operation& first = plan.operations.front();
  REQUIRE(first.dependency_count == 1);
  CHECK(plan.dependencies[first.first_dependency] == Dependency{static_cast<int>(plan.operations.size()) - 1, 1});
}

TEST_CASE("frameworks hold what autograd saves and the gradients of the layer at hand") {
  const Scenario s = transformer("data=8,runtime=pytorch-fsdp", 8);
  const StepPlan plan = plan_of(s);
  // Logits, one sample a rank: the head's output gradient beside that of its input.
  CHECK(plan.memory.activation_gradients == Bytes(4.0 * 1024 * (50257 + 768)));
  CHECK(plan.memory.optimizer.value() == Approx(2 * 4.0 * static_cast<double>(parameters(s.workload)) / 8));
}

TEST_CASE("a fully sharded step holds its shares, two whole blocks and what is outside of them, and a unit's gradients") {
  const Scenario s = transformer("data=8,runtime=pytorch-fsdp", 8);
  const StepMemory memory = plan_of(s).memory;
  const auto all = static_cast<double>(parameters(s.workload));
  const double outside = 50257 * 768 + 1024 * 768 + 2 * 768, block = (all - outside) / 12;
  CHECK(memory.weights.value() == Approx(4 * (all / 8 + outside + 2 * block)));
  CHECK(memory.gradients.value() == Approx(4 * (all / 8 + outside)));  // the token table is larger than a block
}

TEST_CASE("without overlap a unit is gathered once the one before it is through") {
  const StepPlan plan = plan_of(transformer("data=8,zero=3,overlap=none", 8));
  const TreeIndex tree = index_tree(plan);
  const std::vector<std::size_t> gathers = gathers_in_repeats(plan, tree);
  for (const std::size_t i : gathers) {
    const Operation& operation = plan.operations[i];
    REQUIRE(operation.dependency_count == 2);  // of the unit before the run, and in it
    const Dependency& first = plan.dependencies[operation.first_dependency];
    const Dependency& later = plan.dependencies[operation.first_dependency + 1];
    CHECK(first.offset == 0);
    CHECK(tree.repeat_of[first.operation] == 0);
    CHECK(later.offset == 1);
    CHECK(tree.repeat_of[later.operation] == tree.repeat_of[i]);
    const Operation& computed = plan.operations[i + 1];
    REQUIRE(computed.dependency_count == 1);
    CHECK(plan.dependencies[computed.first_dependency] == Dependency{static_cast<int>(i), 0});
  }
  CHECK(gathers.size() == 2);
}

TEST_CASE("a unit waits for what the unit before it exchanges over the tensor axis") {
  for (const char* network : {"gpt2", "llama"})
    for (const char* strategy : {"data=4,tensor=2,zero=3,overlap=data", "data=4,tensor=2,zero=3,overlap=all,sequence-parallel=on"}) {
      INFO(network << ", " << strategy);
      Scenario s = scenario(network, 8, strategy, 8);
      s.platform.memory_per_node = Bytes(1e15);
      const StepPlan plan = plan_of(s);
      const TreeIndex tree = index_tree(plan);
      for (std::size_t i = 0; i < plan.operations.size(); ++i) {
        const auto* transfer = std::get_if<Collective>(&plan.operations[i].work);
        if (transfer == nullptr || plan.lanes[plan.operations[i].lane].name == "data") continue;
        // By what does not gather or scatter beside it, before the repeat that it stands in comes round.
        bool awaited = false;
        for (std::size_t later = i + 1; later < plan.operations.size(); ++later) {
          const Operation& operation = plan.operations[later];
          if (plan.lanes[operation.lane].name == "data" || tree.repeat_of[later] != tree.repeat_of[i]) continue;
          for (int d = 0; d < operation.dependency_count; ++d)
            awaited = awaited || plan.dependencies[operation.first_dependency + d].operation == static_cast<int>(i);
        }
        INFO(plan.operations[i].name << " of operation " << i);
        CHECK(awaited);
      }
    }
}
