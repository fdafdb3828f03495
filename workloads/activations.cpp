#include "workloads/activations.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "workloads/formulas.hpp"
#include "workloads/tensors.hpp"

namespace forerun {
namespace {

constexpr double kIndexBytes = 8;
constexpr double kFloatBytes = 4;

double number(std::int64_t value) { return static_cast<double>(value); }

/// What one layer keeps: tensors that have a layer of their own, and what only it has.
struct Kept {
  bool inputs = false;
  bool output = false;
  double own_bytes = 0;
};

Kept kept_by_attention(const LayerShape& layer, double element, Recompute recompute) {
  if (recompute == Recompute::selective) return {.inputs = true};
  const Attention& a = layer.attention;
  const double rows = number(a.heads) * number(layer.output.positions());
  if (a.method == AttentionMethod::flash) return {.inputs = true, .output = true, .own_bytes = kFloatBytes * rows};
  const double each = element + (a.dropout ? 1 + element : 0);
  return {.inputs = true, .own_bytes = each * rows * number(a.keys)};
}

Kept kept_by(const LayerShape& layer, bool trains, double element, Recompute recompute) {
  const double outputs = number(layer.output.elements());
  switch (layer.kind) {
    case LayerKind::dense:
    case LayerKind::conv2d:
    case LayerKind::conv3d:
    case LayerKind::transposed_conv2d: return {.inputs = trains};
    case LayerKind::embedding: return {.own_bytes = trains ? kIndexBytes * number(layer.input.positions()) : 0};
    case LayerKind::lstm: return {.inputs = true, .output = true, .own_bytes = 5 * element * outputs};
    case LayerKind::attention: return kept_by_attention(layer, element, recompute);
    case LayerKind::batch_norm:
    case LayerKind::layer_norm:
    case LayerKind::rms_norm:
    case LayerKind::gelu:
    case LayerKind::silu:
    case LayerKind::product:
    case LayerKind::multiply:
    case LayerKind::interaction:
    case LayerKind::combine:
    case LayerKind::squared_error:
    case LayerKind::binary_cross_entropy: return {.inputs = true};
    case LayerKind::average_pool: return {.inputs = layer.output.positions() > 1};
    case LayerKind::max_pool: return {.inputs = true, .own_bytes = kIndexBytes * outputs};
    case LayerKind::relu:
    case LayerKind::sigmoid:
    case LayerKind::tanh:
    case LayerKind::softmax: return {.output = true};
    case LayerKind::dropout: return {.own_bytes = outputs};
    case LayerKind::softmax_cross_entropy: return {.own_bytes = kFloatBytes * number(layer.input.elements())};
    default: return {};
  }
}

/// Adds up what layers keep, each tensor once.
class Keeper {
 public:
  Keeper(const Workload& workload, Recompute recompute)
      : workload_(workload), recompute_(recompute), owners_(output_owners(workload)), passes_(passes(workload)) {}

  /// Bytes that the layer keeps and none of `kept` is. `outside` of a block: of its inputs alone, and only those of other blocks;
  /// `inside`: all but those.
  enum class Part { all, outside, inside };
  double keep(int index, Part part, std::set<int>& kept) const {
    const Layer& layer = workload_.layers[index];
    const auto has = [&](Pass pass) { return std::ranges::count(passes_[index], pass) > 0; };
    if (!has(Pass::backward_data) && !has(Pass::backward_weights)) return 0;
    const double element = bytes_per_element(workload_.precision);
    const Kept what = kept_by(layer.shape, has(Pass::backward_weights), element, recompute_);
    double bytes = part == Part::outside ? 0 : what.own_bytes;
    const auto count = [&](int tensor) {
      if ((part == Part::outside && !is_outside(tensor, layer)) || (part == Part::inside && is_outside(tensor, layer))) return;
      if (!kept.insert(tensor).second) return;
      const TensorShape& shape = tensor == kData ? layer.shape.input : workload_.layers[tensor].shape.output;
      bytes += element * number(shape.elements());
    };
    if (what.inputs || (part == Part::outside && layer.shape.kind != LayerKind::embedding))
      for (const int input : layer.inputs) count(input == kData ? kData : owners_[input]);
    if (what.output) count(owners_[index]);
    return bytes;
  }

 private:
  [[nodiscard]] bool is_outside(int tensor, const Layer& layer) const {
    return tensor == kData || workload_.layers[tensor].block != layer.block;
  }

  const Workload& workload_;
  Recompute recompute_;
  std::vector<int> owners_;
  std::vector<Passes> passes_;
};

}  // namespace

Bytes SavedActivations::total() const { return std::accumulate(layers.begin(), layers.end(), working_set); }

SavedActivations saved_activations(const Workload& workload, Recompute recompute) {
  const Keeper keeper(workload, recompute);
  SavedActivations saved;
  std::set<int> kept;
  std::set<int> kept_in_block;
  double in_block = 0;
  for (int i = 0; i < static_cast<int>(workload.layers.size()); ++i) {
    const int block = workload.layers[i].block;
    const bool again = recompute == Recompute::full && block >= 0;
    saved.layers.emplace_back(keeper.keep(i, again ? Keeper::Part::outside : Keeper::Part::all, kept));
    if (!again) continue;
    if (i == 0 || workload.layers[i - 1].block != block) in_block = 0, kept_in_block.clear();
    in_block += keeper.keep(i, Keeper::Part::inside, kept_in_block);
    saved.working_set = std::max(saved.working_set, Bytes(in_block));
  }
  return saved;
}

}  // namespace forerun
