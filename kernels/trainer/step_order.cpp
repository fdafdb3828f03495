#include "kernels/trainer/step_order.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/error.hpp"

namespace forerun {

namespace {

class StepWalk {
 public:
  StepWalk(const StepPlan& plan, const Workload& workload) : plan_(plan), workload_(workload) {}

  void add(const Repeat& repeat, std::int64_t times) {
    for (std::int64_t i = 0; i < times; ++i)
      for (const Node& node : repeat.body) {
        if (const int* operation = std::get_if<int>(&node))
          order_.push_back({*operation, layer_of(plan_.operations[*operation], i, times)});
        else if (const auto* blocks = std::get_if<Repeat>(&node))
          add(*blocks, blocks->count);
        else
          throw MissingCapability("the trainer's ranks all do the same; it has no pipeline stages");
      }
  }

  [[nodiscard]] std::vector<StepEntry> take() { return std::move(order_); }

 private:
  [[nodiscard]] int first_of(int block) const {
    const auto first = std::ranges::find(workload_.layers, block, &Layer::block);
    return static_cast<int>(first - workload_.layers.begin());
  }

  [[nodiscard]] int layer_of(const Operation& operation, std::int64_t iteration, std::int64_t times) const {
    if (times == 1) return operation.layer;
    if (operation.block < 0) throw MissingCapability("the trainer does not add up gradients of several micro-batches");
    const auto* kernel = std::get_if<Kernel>(&operation.work);
    const bool forward = kernel != nullptr && kernel->pass == Pass::forward;
    const auto further = static_cast<int>(forward ? iteration : times - 1 - iteration);
    return operation.layer + first_of(operation.block + further) - first_of(operation.block);
  }

  const StepPlan& plan_;
  const Workload& workload_;
  std::vector<StepEntry> order_;
};

}  // namespace

std::vector<StepEntry> step_order(const StepPlan& plan, const Workload& workload) {
  StepWalk walk(plan, workload);
  walk.add(plan.step, 1);
  return walk.take();
}

}  // namespace forerun
