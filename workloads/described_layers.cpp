#include "workloads/described_layers.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "io/suggest.hpp"
#include "workloads/entry_window.hpp"
#include "workloads/formulas.hpp"
#include "workloads/shape_text.hpp"

namespace forerun {
namespace {

constexpr std::int64_t kMostLayers = 100'000;
constexpr std::size_t kMostLinks = std::size_t{1} << 20;  // inputs of all layers: a block repeats its own

using Names = std::map<std::string, int, std::less<>>;

/// k-means and least squares are what they minimise.
bool ends_network(LayerKind kind) { return is_loss(kind) || kind == LayerKind::nearest_center || kind == LayerKind::least_squares; }

/// How many inputs a kind takes: at least and at most.
std::pair<std::size_t, std::size_t> inputs_of(LayerKind kind) {
  switch (kind) {
    case LayerKind::attention: return {3, 3};
    case LayerKind::product:
    case LayerKind::combine: return {2, 2};
    case LayerKind::add:
    case LayerKind::multiply:
    case LayerKind::concat: return {2, 1 << 16};
    default: return {1, 1};
  }
}

void name_layers(std::vector<LayerEntry>& entries, Problems& problems) {
  std::map<LayerKind, int> counts;
  std::set<std::string> names;
  for (LayerEntry& entry : entries) {
    if (entry.repeat > 0) {
      name_layers(entry.layers, problems);
      continue;
    }
    const int number = ++counts[entry.kind];
    if (entry.name.empty()) entry.name = std::string(to_string(entry.kind)) + "-" + std::to_string(number);
    if (names.insert(entry.name).second) continue;
    Text where = entry.where;
    where.value = entry.name;
    problems.add(problem(where, "two layers have this name"));
  }
}

bool trains(const std::vector<LayerEntry>& entries) {
  return std::ranges::any_of(entries,
                             [](const LayerEntry& entry) { return entry.repeat > 0 ? trains(entry.layers) : has_parameters(entry.kind); });
}

/// Writes entries into a builder and keeps who is called what.
class LayerWriter {
 public:
  explicit LayerWriter(GraphBuilder& net) : net_(net) {}

  void write(const std::vector<LayerEntry>& entries) {
    for (const LayerEntry& entry : entries) {
      if (entry.repeat == 0) {
        write_entry(entry);
        continue;
      }
      for (std::int64_t i = 0; i < entry.repeat; ++i) {
        net_.begin_block(entry.name);
        block_input_ = last_;
        inside_ = true;
        for (const LayerEntry& layer : entry.layers) write_entry(layer);
        inside_ = false;
        block_names_.clear();
        net_.end_block();
      }
    }
  }

  /// BadInput for a layer that nobody reads and that no loss is.
  void check_reads() const {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const Layer& layer = net_.layer_at(static_cast<int>(i));
      if (ends_network(layer.shape.kind) || read_.contains(static_cast<int>(i))) continue;
      refuse(places_[i], layer.name, "nobody reads its output");
    }
  }

 private:
  void write_entry(const LayerEntry& entry) {
    if (net_.size() >= kMostLayers)
      throw BadInput(problem(entry.where, "the network has too many layers", "at most " + std::to_string(kMostLayers)));
    net_.at(entry.where);
    const std::vector<int> from = inputs(entry);
    links_ += from.size();
    if (links_ > kMostLinks)
      throw BadInput(problem(entry.where, "the layers have too many inputs", "at most " + std::to_string(kMostLinks) + " in all"));
    for (const int input : from) read_.insert(input);
    const int layer = add(entry, from);
    if (entry.frozen) net_.freeze(layer);
    places_.push_back(entry.where);
    (inside_ ? block_names_ : names_)[entry.name] = layer;
    if (inside_) names_[net_.layer_at(layer).name] = layer;
    if (!is_loss(entry.kind)) last_ = layer;
  }

  std::vector<int> inputs(const LayerEntry& entry) const {
    std::vector<int> from;
    for (const Text& name : entry.from) from.push_back(resolve(name));
    if (from.empty()) from.push_back(last_);
    const auto [least, most] = inputs_of(entry.kind);
    if (from.size() >= least && from.size() <= most) return from;
    Text where = entry.from.empty() ? entry.where : entry.from.front();
    where.key = "from";
    where.value = std::to_string(from.size());
    const std::string wanted = entry.kind == LayerKind::attention ? "queries, keys and values"
                               : entry.kind == LayerKind::combine ? "values and scores"
                                                                  : "";
    throw BadInput(problem(where, std::string(to_string(entry.kind)) + " reads another number of layers",
                           (most == least ? "" : "at least ") + std::to_string(least) + (wanted.empty() ? "" : ": " + wanted)));
  }

  int resolve(const Text& name) const {
    if (name.value == "input") return kData;
    if (inside_ && name.value == "block-input") return block_input_;
    for (const Names* names : {&block_names_, &names_})
      if (const auto found = names->find(name.value); found != names->end()) {
        if (is_loss(net_.layer_at(found->second).shape.kind)) throw BadInput(problem(name, "is a loss, whose output no layer reads"));
        return found->second;
      }
    std::vector<std::string_view> known = {"input"};
    if (inside_) known.emplace_back("block-input");
    for (const auto& entry : block_names_) known.push_back(entry.first);
    for (const auto& entry : names_) known.push_back(entry.first);
    throw BadInput(problem(name, "names no layer before this one", "", suggest(name.value, known)));
  }

  int add(const LayerEntry& entry, const std::vector<int>& from);
  int dense(const LayerEntry& entry, int from);
  int pool(const LayerEntry& entry, int from);
  int attend(const LayerEntry& entry, const std::vector<int>& from);
  int multiply(const LayerEntry& entry, const std::vector<int>& from);
  int reshape(const LayerEntry& entry, int from);

  [[noreturn]] static void refuse(const Text& place, const std::string& name, const std::string& what) {
    Text where = place;
    where.key = name;
    throw BadInput(problem(where, what));
  }

  [[noreturn]] static void mismatch(const LayerEntry& entry, const std::string& what, const TensorShape& a, const TensorShape& b) {
    refuse(entry.where, entry.name, what + ": " + shape_text(a) + " and " + shape_text(b));
  }

  GraphBuilder& net_;
  Names names_;        ///< of the layers outside of blocks, and full ones of those in blocks
  Names block_names_;  ///< of this repetition
  std::set<int> read_;
  std::vector<Text> places_;
  int last_ = kData;
  int block_input_ = kData;
  std::size_t links_ = 0;
  bool inside_ = false;
};

int LayerWriter::add(const LayerEntry& entry, const std::vector<int>& from) {
  const TensorShape& input = net_.shape_of(from.front());
  switch (entry.kind) {
    case LayerKind::dense: return dense(entry, from.front());
    case LayerKind::conv2d:
    case LayerKind::conv3d:
    case LayerKind::transposed_conv2d: return net_.convolution(entry.name, entry.kind, from.front(), window_options(entry, input));
    case LayerKind::max_pool:
    case LayerKind::average_pool: return pool(entry, from.front());
    case LayerKind::embedding: {
      const std::int64_t positions = entry.positions > 0 ? entry.positions : input.elements();
      return net_.embedding(entry.name, from.front(), entry.rows, entry.outputs, positions, entry.sparse);
    }
    case LayerKind::lstm: return net_.lstm(entry.name, from.front(), entry.outputs, entry.bias);
    case LayerKind::attention: return attend(entry, from);
    case LayerKind::product: return multiply(entry, from);
    case LayerKind::interaction: return net_.interaction(entry.name, from.front());
    case LayerKind::batch_norm:
    case LayerKind::layer_norm:
    case LayerKind::rms_norm: return net_.norm(entry.name, entry.kind, from.front(), entry.bias);
    case LayerKind::add:
    case LayerKind::multiply: return net_.join(entry.name, entry.kind, from);
    case LayerKind::concat: return net_.concat(entry.name, from);
    case LayerKind::reshape: return reshape(entry, from.front());
    case LayerKind::combine: return net_.combine(entry.name, from[0], from[1], entry.experts);
    case LayerKind::softmax_cross_entropy:
    case LayerKind::squared_error:
    case LayerKind::binary_cross_entropy: return net_.loss(entry.name, entry.kind, from.front());
    case LayerKind::nearest_center:
      return net_.layer(entry.name, {.kind = entry.kind, .input = flattened(input), .output = {}, .rows = entry.rows}, from);
    case LayerKind::least_squares: {
      const TensorShape solved{.channels = entry.outputs, .width = (entry.rows + entry.groups - 1) / entry.groups};
      return net_.layer(entry.name,
                        {.kind = entry.kind, .input = input, .output = solved, .bias = false, .groups = entry.groups, .rows = entry.rows},
                        from);
    }
    default: return net_.elementwise(entry.name, entry.kind, from.front());
  }
}

int LayerWriter::dense(const LayerEntry& entry, int from) {
  const TensorShape& input = net_.shape_of(from);
  const TensorShape read = entry.per_position ? input : flattened(input);
  if (entry.tied_to) {
    const int table = resolve(*entry.tied_to);
    const LayerShape* shape = table == kData ? nullptr : &net_.layer_at(table).shape;
    if (shape == nullptr || shape->kind != LayerKind::embedding) throw BadInput(problem(*entry.tied_to, "is no embedding"));
    if (shape->rows != entry.outputs || shape->output.channels != read.channels)
      refuse(entry.where, entry.name,
             "its " + std::to_string(read.channels) + " inputs and " + std::to_string(entry.outputs) + " outputs are not the table's " +
                 std::to_string(shape->output.channels) + " and " + std::to_string(shape->rows));
  }
  Text where = entry.where;
  where.key = entry.name;
  LayerShape shape =
      infer_shape(read, {.kind = LayerKind::dense, .outputs = entry.outputs, .bias = entry.bias == Bias::present, .where = where});
  shape.experts = entry.experts;
  const int layer = net_.layer(entry.name, shape, {from});
  if (entry.tied_to) net_.tie(layer, resolve(*entry.tied_to));
  return layer;
}

int LayerWriter::pool(const LayerEntry& entry, int from) {
  const TensorShape& input = net_.shape_of(from);
  if (!entry.whole) return net_.pool(entry.name, entry.kind, from, window_options(entry, input));
  const Extent all{static_cast<int>(input.height), static_cast<int>(input.width), static_cast<int>(input.depth)};
  return net_.pool(entry.name, entry.kind, from, {.window = all, .stride = all});
}

int LayerWriter::attend(const LayerEntry& entry, const std::vector<int>& from) {
  const TensorShape &query = net_.shape_of(from[0]), &key = net_.shape_of(from[1]), &value = net_.shape_of(from[2]);
  if (key.positions() != value.positions()) mismatch(entry, "its keys and values differ in their positions", key, value);
  Attention attention = entry.attention;
  if (!entry.shared_heads) attention.key_heads = attention.heads;
  attention.key_channels = query.channels / attention.heads;
  attention.value_channels = value.channels / attention.key_heads;
  if (attention.key_channels * attention.key_heads != key.channels)
    mismatch(entry,
             std::to_string(attention.heads) + " heads of queries and " + std::to_string(attention.key_heads) + " of keys do not fit",
             query, key);
  return net_.attention(entry.name, from[0], from[1], from[2], attention);
}

int LayerWriter::multiply(const LayerEntry& entry, const std::vector<int>& from) {
  const TensorShape &left = net_.shape_of(from[0]), &right = net_.shape_of(from[1]);
  if (right.channels != left.channels && right.positions() != left.channels)
    mismatch(entry, "the channels of the first input are neither the second's channels nor its positions", left, right);
  LayerShape shape{.kind = LayerKind::product, .input = left, .output = left, .rows = left.channels};
  shape.output.channels = right.elements() / left.channels;
  return net_.layer(entry.name, shape, from);
}

int LayerWriter::reshape(const LayerEntry& entry, int from) {
  const TensorShape& input = net_.shape_of(from);
  const TensorShape to = entry.to.value_or(flattened(input));
  if (to.elements() > input.elements() && to.elements() % input.elements() != 0)
    mismatch(entry, "the elements are neither the same nor fewer nor several times as many", input, to);
  return net_.reshape(entry.name, from, to);
}

}  // namespace

void check_layers(std::vector<LayerEntry>& entries, const Text& where, Problems& problems) {
  name_layers(entries, problems);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const LayerEntry& entry = entries[i];
    const bool ends = entry.repeat == 0 && ends_network(entry.kind);
    const bool is_last = i + 1 == entries.size();
    if (ends && !is_last && is_loss(entry.kind) && entries[i + 1].repeat == 0 && entries[i + 1].from.empty())
      problems.add(problem(entry.where, "the loss is not the last layer"));
    if (!ends && is_last)
      problems.add(problem(entry.where, "the last layer is not a loss", "softmax-cross-entropy, squared-error, binary-cross-entropy"));
  }
  if (!trains(entries)) problems.add(problem(where, "no layer has parameters to train", "at least one dense or conv2d layer"));
}

void write_layers(GraphBuilder& net, const std::vector<LayerEntry>& entries) {
  LayerWriter writer(net);
  writer.write(entries);
  writer.check_reads();
}

}  // namespace forerun
