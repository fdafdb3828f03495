#include "strategies/stages.hpp"

#include <algorithm>

#include "io/format.hpp"
#include "workloads/formulas.hpp"
#include "workloads/graph/cut_stages.hpp"

namespace forerun {
namespace {

/// The first layer of each block.
std::vector<int> block_starts(const Workload& workload) {
  std::vector<int> starts;
  int before = -1;
  for (int i = 0; i < static_cast<int>(workload.layers.size()); ++i) {
    const int block = workload.layers[i].block;
    if (block >= 0 && block != before) starts.push_back(i);
    before = block;
  }
  return starts;
}

std::vector<LayerRange> ranges(const std::vector<int>& firsts, int layers) {
  std::vector<LayerRange> out;
  for (std::size_t i = 0; i < firsts.size(); ++i) out.push_back({firsts[i], i + 1 < firsts.size() ? firsts[i + 1] : layers});
  return out;
}

}  // namespace

std::variant<std::vector<LayerRange>, Infeasible> cut_chunks(const Workload& workload, int chunks) {
  const int layers = static_cast<int>(workload.layers.size());
  if (chunks == 1) return std::vector<LayerRange>{{0, layers}};
  const std::vector<int> starts = block_starts(workload);
  if (!starts.empty()) {
    const int blocks = static_cast<int>(starts.size());
    if (blocks < chunks) return Infeasible{forerun::format("{} blocks do not fill {} chunks", blocks, chunks)};
    std::vector<int> firsts{0};
    int block = 0;
    for (int chunk = 0; chunk + 1 < chunks; ++chunk) firsts.push_back(starts[block += blocks / chunks + (chunk < blocks % chunks ? 1 : 0)]);
    return ranges(firsts, layers);
  }
  std::vector<LayerLoad> loads;
  loads.reserve(workload.layers.size());
  for (const Layer& layer : workload.layers) {
    LayerLoad& load = loads.emplace_back();
    load.time = Seconds(forward_flops_per_sample(layer.shape).value() * 1e-12);
  }
  StageLimits limits;
  limits.stages = chunks;
  auto cut = cut_stages(workload, loads, limits);
  if (auto* none = std::get_if<Infeasible>(&cut)) return std::move(*none);
  return ranges(std::get<StageCut>(cut).first, layers);
}

Workload part_of(const Workload& workload, LayerRange layers) {
  // Field by field: a copy of all layers, of which most are thrown away, is what a search of plans would spend its time on.
  Workload part{.name = workload.name,
                .input = workload.input,
                .layers = {workload.layers.begin() + layers.first, workload.layers.begin() + layers.last},
                .batch = workload.batch,
                .samples = workload.samples,
                .tokens_per_sample = workload.tokens_per_sample,
                .precision = workload.precision,
                .gradients = workload.gradients,
                .optimizer = workload.optimizer};
  for (Layer& layer : part.layers) {
    for (int& input : layer.inputs) input = input < layers.first ? kData : input - layers.first;
    // A copy of its own where the weights are another stage's.
    if (layer.tied_to >= 0) layer.tied_to = layer.tied_to < layers.first ? -1 : layer.tied_to - layers.first;
  }
  if (layers.first > 0 && !part.layers.empty()) part.input = part.layers.front().shape.input;
  return part;
}

Bytes tied_bytes(const Workload& workload, int end, LayerRange users) {
  Bytes shared;
  for (int layer = users.first; layer < users.last; ++layer) {
    const int owner = workload.layers[layer].tied_to;
    if (owner < 0 || owner >= end) continue;
    shared += Bytes(bytes_per_gradient(workload) * static_cast<double>(parameters(workload.layers[owner].shape)));
  }
  return shared;
}

}  // namespace forerun
