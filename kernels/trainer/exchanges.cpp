#include "kernels/trainer/exchanges.hpp"

#include <algorithm>
#include <stdexcept>

namespace forerun {

Exchanges::Exchanges(const StepPlan& plan, Network& network, const std::vector<std::unique_ptr<RankGroup>>& groups)
    : plan_(plan), network_(network), groups_(groups) {
  std::size_t largest = 0;
  for (const StepEntry& entry : network.order()) {
    if (entry.beside < 0) continue;
    const SharedActivation activation = network.shared(entry);
    const Collective& planned = transfer(entry);
    if (static_cast<double>(activation.whole.size_bytes()) != planned.bytes.value())
      throw std::logic_error("the plan's ranks exchange something else");
    if (planned.operation == Collective::Operation::all_gather) largest = std::max(largest, activation.whole.size());
  }
  gathered_ = AlignedArray<float>(largest);
}

void Exchanges::run(StepEntry entry) {
  const SharedActivation activation = network_.shared(entry);
  RankGroup& group = *groups_[static_cast<std::size_t>(transfer(entry).communicator)];
  if (transfer(entry).operation == Collective::Operation::all_reduce) return group.all_reduce(activation.whole);
  const std::size_t part = activation.own.size();
  group.all_gather(activation.own, gathered_.span().first(part * static_cast<std::size_t>(group.ranks())));
  for (int member = 0; member < group.ranks(); ++member)
    put(gathered_.data() + static_cast<std::size_t>(member) * part, activation.shard->activations(activation.batch, member),
        activation.whole.data());
}

}  // namespace forerun
