#include "workloads/shorten.hpp"

#include <algorithm>

#include "workloads/fold.hpp"

namespace forerun {

std::optional<AlikeBlocks> alike_blocks(const Workload& workload) {
  AlikeBlocks blocks;
  for (const Fold& fold : fold(workload)) {
    if (workload.layers[fold.first].block < 0) continue;
    if (blocks.times > 0) return {};
    blocks = {fold.first, fold.count, fold.times};
  }
  if (blocks.times == 0) return {};
  const int end = blocks.first + blocks.times * blocks.count;
  const auto within = [&](int layer) { return layer >= blocks.first && layer < end - blocks.count; };
  for (std::size_t i = static_cast<std::size_t>(end); i < workload.layers.size(); ++i) {
    const Layer& layer = workload.layers[i];
    if (within(layer.tied_to) || std::ranges::any_of(layer.inputs, within)) return {};
  }
  return blocks;
}

Workload with_blocks(const Workload& workload, const AlikeBlocks& blocks, int times) {
  const int dropped = (blocks.times - times) * blocks.count;
  const int kept = blocks.first + times * blocks.count;
  Workload shorter;
  shorter.name = workload.name, shorter.input = workload.input;
  shorter.batch = workload.batch, shorter.samples = workload.samples, shorter.tokens_per_sample = workload.tokens_per_sample;
  shorter.precision = workload.precision, shorter.gradients = workload.gradients, shorter.optimizer = workload.optimizer;
  shorter.layers.reserve(workload.layers.size() - static_cast<std::size_t>(dropped));
  shorter.layers.assign(workload.layers.begin(), workload.layers.begin() + kept);
  shorter.layers.insert(shorter.layers.end(), workload.layers.begin() + kept + dropped, workload.layers.end());
  // What the layers after the blocks read of the last one is now that of the last one kept.
  const auto move = [&](int& layer) {
    if (layer >= blocks.first) layer -= dropped;
  };
  for (std::size_t i = static_cast<std::size_t>(kept); i < shorter.layers.size(); ++i) {
    move(shorter.layers[i].tied_to);
    std::ranges::for_each(shorter.layers[i].inputs, move);
  }
  return shorter;
}

}  // namespace forerun
