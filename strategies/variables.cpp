#include "strategies/variables.hpp"

#include <algorithm>
#include <cmath>

#include "workloads/formulas.hpp"

namespace forerun {
namespace {

constexpr int kMovingAverages = 2;  // of a batch norm: mean and variance

/// Elements of a layer's bias, which is a variable of its own.
double bias_elements(const Layer& layer) {
  if (!layer.shape.bias) return 0;
  switch (layer.shape.kind) {
    case LayerKind::dense: return static_cast<double>(layer.shape.experts * layer.shape.output.channels);
    case LayerKind::conv2d:
    case LayerKind::conv3d:
    case LayerKind::transposed_conv2d: return static_cast<double>(layer.shape.output.channels);
    case LayerKind::batch_norm:
    case LayerKind::layer_norm: return static_cast<double>(layer.shape.input.channels);
    default: return 0;
  }
}

class Placer {
 public:
  Placer(int servers, VariablePlacement placement, double least_elements)
      : placement_(placement), least_elements_(least_elements), held_(static_cast<std::size_t>(servers), 0) {}

  void place(ServedVariable variable) {
    if (variable.elements <= 0) return;
    const int shards = shards_of(variable.elements);
    variable.elements /= shards, variable.moved /= shards;
    for (int shard = 0; shard < shards; ++shard) {
      variable.server = choose();
      held_[static_cast<std::size_t>(variable.server)] += variable.elements;
      placed.push_back(variable);
    }
  }

  void pass_turn() { ++turn_; }

  std::vector<ServedVariable> placed;

 private:
  [[nodiscard]] int shards_of(double elements) const {
    if (placement_ != VariablePlacement::partitioned) return 1;
    return static_cast<int>(std::clamp(std::floor(elements / least_elements_), 1.0, static_cast<double>(held_.size())));
  }
  int choose() {
    if (placement_ == VariablePlacement::by_size) return static_cast<int>(std::ranges::min_element(held_) - held_.begin());
    return static_cast<int>(turn_++ % held_.size());
  }

  VariablePlacement placement_;
  double least_elements_;
  std::vector<double> held_;
  std::size_t turn_ = 0;
};

}  // namespace

std::vector<ServedVariable> place_variables(const Workload& workload, std::int64_t samples, int servers, VariablePlacement placement,
                                            Bytes least) {
  Placer placer(servers, placement, std::max(1.0, least.value() / bytes_per_element(workload.precision)));
  for (int i = 0; i < static_cast<int>(workload.layers.size()); ++i) {
    const Layer& layer = workload.layers[static_cast<std::size_t>(i)];
    const auto all = static_cast<double>(own_parameters(layer));
    if (all <= 0) continue;
    const double bias = std::min(all, bias_elements(layer));
    const bool trained = trained_parameters(layer) > 0;
    const double picked = is_sparse(layer.shape) ? updated_parameters(layer.shape, samples) : all - bias;
    placer.place({i, 0, all - bias, picked, trained});
    placer.place({i, 0, bias, bias, trained});
    for (int average = 0; layer.shape.kind == LayerKind::batch_norm && average < kMovingAverages; ++average) placer.pass_turn();
  }
  return std::move(placer.placed);
}

}  // namespace forerun
