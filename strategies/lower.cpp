#include "strategies/lower.hpp"

#include <vector>

#include "costs/summary.hpp"
#include "io/format.hpp"
#include "strategies/buckets.hpp"
#include "strategies/given_plan.hpp"
#include "workloads/formulas.hpp"

namespace forerun {

namespace {

constexpr int kComputeLane = 0;
constexpr int kDataLane = 1;

std::string_view operation_name(Pass pass) {
  switch (pass) {
    case Pass::forward: return "forward";
    case Pass::backward_weights: return "backward_weights";
    case Pass::backward_data: return "backward_data";
    case Pass::update: return "update";
  }
  return "";
}

/// Writes the operations of one synchronous data-parallel step, the same for every rank.
class StepWriter {
 public:
  StepWriter(const Scenario& scenario, Bytes footprint, StepPlan& plan)
      : workload_(scenario.workload), strategy_(scenario.strategy), plan_(plan), passes_(passes(workload_)) {
    computation_.lane = kComputeLane;
    computation_.work = Kernel{{}, Pass::forward, workload_.batch / strategy_.data, footprint, workload_.precision, workload_.optimizer};
    plan_.operations.reserve(4 * workload_.layers.size() + 8);
    plan_.dependencies.reserve(2 * workload_.layers.size());
    plan_.step.body.reserve(4 * workload_.layers.size() + 8);
  }

  void forward() {
    for (int layer = 0; layer < layer_count(); ++layer)
      for (const Pass pass : passes_[layer])
        if (pass == Pass::forward) compute(layer, pass);
  }

  void backward(const std::vector<Bucket>& buckets) {
    std::size_t next = 0;
    for (int layer = layer_count() - 1; layer >= 0; --layer) {
      for (const Pass pass : passes_[layer])
        if (pass == Pass::backward_weights || pass == Pass::backward_data) {
          compute(layer, pass);
          if (pass == Pass::backward_weights && next < buckets.size() && buckets[next].first_layer == layer)
            reduce(static_cast<int>(next), buckets[next]), ++next;
        }
    }
  }

  /// The optimizer runs once the last bucket is reduced; the data lane's order makes it the last of all.
  void update() {
    for (int layer = 0; layer < layer_count(); ++layer)
      for (const Pass pass : passes_[layer])
        if (pass == Pass::update) {
          wait_for(last_transfer_);
          compute(layer, pass);
        }
  }

 private:
  [[nodiscard]] int layer_count() const { return static_cast<int>(workload_.layers.size()); }

  void compute(int layer, Pass pass) {
    Operation& operation = append(computation_, operation_name(pass), layer);
    auto& kernel = *std::get_if<Kernel>(&operation.work);
    kernel.shape = workload_.layers[layer].shape;
    kernel.pass = pass;
  }

  void reduce(int index, const Bucket& bucket) {
    wait_for(static_cast<int>(plan_.operations.size()) - 1);
    last_transfer_ = static_cast<int>(plan_.operations.size());
    Operation operation;
    operation.lane = kDataLane;
    operation.work = Collective{Collective::Operation::all_reduce, strategy_.collective, 0, bucket.bytes};
    append(operation, "all_reduce", index);
    // Without overlap the thread that computes carries the transfer out itself.
    if (strategy_.overlap == Overlap::none) wait_for(last_transfer_);
  }

  /// The next operation waits for this one.
  void wait_for(int operation) {
    if (operation < 0) return;
    for (std::size_t i = first_waiting_; i < plan_.dependencies.size(); ++i)
      if (plan_.dependencies[i].operation == operation) return;
    plan_.dependencies.push_back({operation, 0});
  }

  /// Until the next call.
  Operation& append(const Operation& like, std::string_view name, int layer) {
    plan_.step.body.emplace_back(static_cast<int>(plan_.operations.size()));
    plan_.operations.push_back(like);
    Operation& operation = plan_.operations.back();
    operation.name = name;
    operation.layer = layer;
    operation.first_dependency = static_cast<int>(first_waiting_);
    operation.dependency_count = static_cast<int>(plan_.dependencies.size() - first_waiting_);
    first_waiting_ = plan_.dependencies.size();
    return operation;
  }

  const Workload& workload_;
  const Strategy& strategy_;
  StepPlan& plan_;
  Operation computation_;  ///< what all kernels have in common: they are large, and copied faster than written
  std::vector<Passes> passes_;
  std::size_t first_waiting_ = 0;
  int last_transfer_ = -1;
};

/// Why a step does not fit into a device, or nothing.
std::string memory_shortage(const StepMemory& memory, const Platform& platform) {
  const Bytes available = platform.memory_per_node / platform.devices_per_node;
  if (platform.memory_per_node == Bytes(0) || memory.total() <= available) return "";
  return forerun::format(
      "a step needs {} of memory a device, the platform has {}: activations {}, their gradients {}, weights {}, gradients {}, "
      "optimizer {}",
      human(memory.total()), human(available), human(memory.activations), human(memory.activation_gradients), human(memory.weights),
      human(memory.gradients), human(memory.optimizer));
}

/// Why the strategy cannot be applied, or nothing.
std::string misfit(const Scenario& scenario) {
  const Workload& workload = scenario.workload;
  const Platform& platform = scenario.platform;
  const int ranks = scenario.strategy.ranks();
  if (ranks > platform.devices())
    return forerun::format("the strategy needs {} devices, {} has {} (nodes={}, devices-per-node={})", ranks, platform.name,
                           platform.devices(), platform.nodes, platform.devices_per_node);
  if (workload.batch % scenario.strategy.data != 0)
    return forerun::format("batch {} does not divide by data={}", workload.batch, scenario.strategy.data);
  return "";
}

}  // namespace

std::variant<StepPlan, Infeasible> lower(const Scenario& scenario) {
  if (scenario.plan) return given_plan(scenario);
  if (std::string reason = misfit(scenario); !reason.empty()) return Infeasible{std::move(reason)};
  const StepMemory memory = step_memory(scenario.workload, scenario.workload.batch / scenario.strategy.data);
  if (std::string reason = memory_shortage(memory, scenario.platform); !reason.empty()) return Infeasible{std::move(reason)};
  const int ranks = scenario.strategy.ranks();
  StepPlan plan;
  plan.ranks = ranks;
  plan.classes.push_back({"rank", 0, ranks, 1});
  plan.lanes.push_back({"compute", LaneKind::compute});
  plan.compute_lane = kComputeLane;
  plan.step.count = run_steps(scenario).value_or(0);
  if (ranks > 1) {
    plan.lanes.push_back({"data", LaneKind::communication});
    Communicator data;
    data.name = "data";
    data.size = ranks;
    data.classes = {0};
    plan.communicators.push_back(std::move(data));
  }
  StepWriter writer(scenario, memory.total(), plan);
  writer.forward();
  writer.backward(ranks > 1 ? gradient_buckets(scenario.workload, scenario.strategy) : std::vector<Bucket>{});
  writer.update();
  return plan;
}

}  // namespace forerun
