#include "strategies/tensor.hpp"

#include <algorithm>

#include "io/format.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

constexpr double kFloatBytes = 4;

/// What a rank has of a layer's output.
enum class Holding { whole, channels };

/// Whether a layer computes each channel, or each head of them, without the others.
bool keeps_channels_apart(LayerKind kind) {
  switch (kind) {
    case LayerKind::relu:
    case LayerKind::gelu:
    case LayerKind::silu:
    case LayerKind::sigmoid:
    case LayerKind::tanh:
    case LayerKind::dropout:
    case LayerKind::multiply:
    case LayerKind::rotary:
    case LayerKind::attention: return true;
    default: return false;
  }
}

Bytes output_bytes(const Workload& workload, const LayerShape& shape) {
  return Bytes(bytes_per_element(workload.precision) * static_cast<double>(shape.output.elements()));
}
Bytes input_bytes(const Workload& workload, const LayerShape& shape) {
  return Bytes(bytes_per_element(workload.precision) * static_cast<double>(shape.input.elements()));
}

class TensorSplitter {
 public:
  TensorSplitter(LocalModel& model, const TensorSplit& split)
      : model_(model), layers_(model.part->layers), split_(split), readers_(layers_.size()), holdings_(layers_.size(), Holding::whole) {
    for (int i = 0; i < count(); ++i)
      for (const int input : layers_[i].inputs)
        if (input != kData) readers_[input].push_back(i);
  }

  std::string run() {
    for (int i = 0; i < count() && reason_.empty(); ++i) place(i);
    if (reason_.empty() && !has_sum_)
      reason_ = forerun::format("tensor={}: {} has no pair of dense layers to split", split_.degree, model_.workload().name);
    if (reason_.empty()) gather_gradients();
    return reason_;
  }

 private:
  [[nodiscard]] int count() const { return static_cast<int>(layers_.size()); }

  [[nodiscard]] bool reads_split(int layer) const {
    return std::ranges::any_of(layers_[layer].inputs, [&](int input) { return input != kData && holdings_[input] == Holding::channels; });
  }

  /// Whether everything that reads the layer's output can do so by channels.
  [[nodiscard]] bool ends_in_rows(int layer) const {
    if (readers_[layer].empty()) return false;
    return std::ranges::all_of(readers_[layer], [&](int reader) {
      const LayerKind kind = layers_[reader].shape.kind;
      if (kind == LayerKind::dense || kind == LayerKind::softmax_cross_entropy) return true;
      return keeps_channels_apart(kind) && ends_in_rows(reader);
    });
  }

  /// Divides in place; false, with the reason, where it does not.
  bool divide(std::int64_t& size, int layer, std::string_view what) {
    if (size % split_.degree != 0) {
      reason_ = forerun::format("tensor={}: {} of {} do not divide: {}", split_.degree, what, layers_[layer].name, size);
      return false;
    }
    size /= split_.degree;
    return true;
  }

  void place(int i) {
    LayerShape& shape = layers_[i].shape;
    const bool split_input = reads_split(i);
    if (shape.kind == LayerKind::embedding) return split_table(i);
    if (shape.kind == LayerKind::dense && split_input) return split_rows(i);
    if (shape.kind == LayerKind::dense && ends_in_rows(i)) return split_columns(i);
    if (shape.kind == LayerKind::softmax_cross_entropy && split_input) return split_loss(i);
    if (keeps_channels_apart(shape.kind) && split_input) return split_elements(i);
    split_positions(shape);
  }

  /// A sum that every rank then has, or has its positions of, and the same for its gradient.
  void sum_output(int i, Bytes bytes) {
    has_sum_ = true;
    if (split_.sequence_parallel) {
      model_.exchange(i, Moment::after_forward, Collective::Operation::reduce_scatter, bytes);
      model_.exchange(i, Moment::before_backward, Collective::Operation::all_gather, bytes);
    } else {
      model_.exchange(i, Moment::after_forward, Collective::Operation::all_reduce, bytes);
    }
  }

  void split_columns(int i) {
    LayerShape& shape = layers_[i].shape;
    holdings_[i] = Holding::channels;
    std::int64_t& columns = shape.output.channels;
    if (feeds_shared_heads(i)) {
      columns = shared_key_channels(i);
      return;
    }
    divide(columns, i, "columns");
  }

  void split_rows(int i) {
    LayerShape& shape = layers_[i].shape;
    if (shape.input.positions() == 1 && shape.input.channels % split_.degree != 0) {
      divide(shape.input.channels, i, "rows");
      return;
    }
    shape.input.channels = layers_[layers_[i].inputs.front()].shape.output.channels;
    sum_output(i, output_bytes(model_.workload(), shape));
  }

  void split_elements(int i) {
    LayerShape& shape = layers_[i].shape;
    holdings_[i] = Holding::channels;
    if (shape.kind == LayerKind::attention) {
      Attention& a = shape.attention;
      if (!divide(a.heads, i, "heads")) return;
      a.key_heads = std::max<std::int64_t>(1, a.key_heads / split_.degree);
      shape.input.channels = a.heads * a.key_channels;
      shape.output.channels = a.heads * a.value_channels;
      return;
    }
    shape.input.channels = shape.output.channels = layers_[layers_[i].inputs.front()].shape.output.channels;
  }

  void split_loss(int i) {
    LayerShape& shape = layers_[i].shape;
    holdings_[i] = Holding::channels;
    shape.input.channels = shape.output.channels = layers_[layers_[i].inputs.front()].shape.output.channels;
    for (int sum = 0; sum < 3; ++sum)
      model_.exchange(i, Moment::after_forward, Collective::Operation::all_reduce,
                      Bytes(kFloatBytes * static_cast<double>(shape.input.positions())));
  }

  /// Tables of few rows, such as positions, every rank has.
  void split_table(int i) {
    LayerShape& shape = layers_[i].shape;
    const bool tied = std::ranges::any_of(layers_, [&](const Layer& layer) { return layer.tied_to == i; });
    const bool largest = std::ranges::none_of(
        layers_, [&](const Layer& layer) { return layer.shape.kind == LayerKind::embedding && layer.shape.rows > shape.rows; });
    if (!tied && (!largest || shape.rows < split_.degree)) return split_positions(shape);
    if (!divide(shape.rows, i, "rows")) return;
    sum_output(i, output_bytes(model_.workload(), shape));
  }

  void split_positions(LayerShape& shape) {
    if (!split_.sequence_parallel) return;
    const auto share = [&](TensorShape& tensor) {
      if (tensor.width % split_.degree == 0) tensor.width /= split_.degree;
    };
    share(shape.input);
    share(shape.output);
  }

  /// The attention that reads a layer through functions of single elements, or -1.
  [[nodiscard]] int attention_after(int i) const {
    for (const int reader : readers_[i]) {
      if (layers_[reader].shape.kind == LayerKind::attention) return reader;
      if (layers_[reader].shape.kind == LayerKind::rotary) return attention_after(reader);
    }
    return -1;
  }

  /// Keys or values of fewer heads than there are ranks.
  [[nodiscard]] bool feeds_shared_heads(int i) const {
    const int attention = attention_after(i);
    if (attention < 0) return false;
    const Attention& a = layers_[attention].shape.attention;
    const std::int64_t channels = layers_[i].shape.output.channels;
    return a.key_heads < split_.degree && a.key_heads < a.heads && channels == a.key_heads * a.key_channels;
  }
  [[nodiscard]] std::int64_t shared_key_channels(int i) const { return layers_[attention_after(i)].shape.attention.key_channels; }

  /// The gradient of a tensor that columns read is summed once all of them have added to it: in the backward pass the first reader is last.
  void gather_gradients() {
    for (int i = 0; i < count(); ++i) {
      if (layers_[i].shape.kind != LayerKind::dense || holdings_[i] != Holding::channels) continue;
      const int from = layers_[i].inputs.front();
      const std::vector<int>& all = from == kData ? readers_[i] : readers_[from];
      const auto first = std::ranges::find_if(
          all, [&](int reader) { return layers_[reader].shape.kind == LayerKind::dense && holdings_[reader] == Holding::channels; });
      if (from == kData || *first != i) continue;
      const Bytes bytes = input_bytes(model_.workload(), layers_[i].shape);
      if (split_.sequence_parallel) {
        model_.exchange(i, Moment::before_forward, Collective::Operation::all_gather, bytes);
        model_.exchange(i, Moment::before_backward_weights, Collective::Operation::all_gather, bytes);
        model_.exchange(i, Moment::after_backward_data, Collective::Operation::reduce_scatter, bytes);
      } else {
        model_.exchange(i, Moment::after_backward_data, Collective::Operation::all_reduce, bytes);
      }
    }
  }

  LocalModel& model_;
  std::vector<Layer>& layers_;
  const TensorSplit& split_;
  std::vector<std::vector<int>> readers_;
  std::vector<Holding> holdings_;
  std::string reason_;
  bool has_sum_ = false;  ///< whether ranks share out a product's depth or a table, and not the classes of a loss alone
};

}  // namespace

std::string split_over_tensor(LocalModel& model, const TensorSplit& split) {
  if (split.degree == 1) return "";
  return TensorSplitter(model, split).run();
}

void fuse_projections(LocalModel& model) {
  std::vector<Layer>& layers = model.part->layers;
  std::vector<int> place(layers.size());  // where each layer stands in the result
  std::vector<Layer> fused;
  std::vector<std::vector<Exchange>> exchanges;
  const auto alike = [](const Layer& a, const Layer& b) {
    return a.block == b.block && a.shape.kind == LayerKind::dense && b.shape.kind == LayerKind::dense && a.inputs == b.inputs &&
           a.frozen == b.frozen && a.shape.experts == b.shape.experts && a.shape.bias == b.shape.bias && a.tied_to < 0 && b.tied_to < 0;
  };
  const auto moved = [&](int input) { return input == kData ? kData : place[input]; };
  for (std::size_t i = 0; i < layers.size(); ++i) {
    Layer layer = layers[i];
    std::ranges::transform(layer.inputs, layer.inputs.begin(), moved);
    if (layer.tied_to >= 0) layer.tied_to = place[layer.tied_to];
    const auto earlier =
        layer.block < 0 ? fused.end() : std::ranges::find_if(fused, [&](const Layer& other) { return alike(other, layer); });
    if (earlier != fused.end()) {
      earlier->shape.output.channels += layer.shape.output.channels;
      place[i] = static_cast<int>(earlier - fused.begin());
      continue;
    }
    place[i] = static_cast<int>(fused.size());
    model.origins.push_back(static_cast<int>(i));
    fused.push_back(std::move(layer));
    exchanges.push_back(model.exchanges[i]);
  }
  layers = std::move(fused);
  model.exchanges = std::move(exchanges);
}

}  // namespace forerun
