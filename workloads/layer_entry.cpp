#include "workloads/layer_entry.hpp"

#include <array>
#include <string_view>

#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "workloads/formulas.hpp"
#include "workloads/shapes.hpp"

namespace forerun {
namespace {

constexpr std::int64_t kMostFeatures = (std::int64_t{1} << 31) - 1;
constexpr std::int64_t kMostRows = std::int64_t{1} << 40;
constexpr std::int64_t kMostWindow = 1 << 16;
constexpr std::int64_t kMostRepeats = 1 << 16;
constexpr std::size_t kLongestName = 160;

LayerKind parse_kind(const Text& text) {
  std::vector<std::string_view> names;
  for (int i = 0; i < kLayerKinds; ++i) {
    names.push_back(to_string(static_cast<LayerKind>(i)));
    if (text.value == names.back()) return static_cast<LayerKind>(i);
  }
  throw BadInput(problem(text, "unknown kind of layer", listed(names), suggest(text.value, names)));
}

bool parse_flag(const Text& text) {
  if (text.value == "true" || text.value == "false") return text.value == "true";
  throw BadInput(problem(text, "is neither true nor false", "true, false"));
}

/// One number, or as many as there are extents: [height, width] or [depth, height, width].
EntryExtents read_extents(const YamlNode& node, std::int64_t least) {
  EntryExtents extents;
  const auto add = [&](const Text& text) { extents.values.push_back(static_cast<int>(parse_integer(text, least, kMostWindow))); };
  if (node.kind == YamlNode::Kind::scalar) {
    add(node.text);
    return extents;
  }
  for (const YamlNode& item : items(node)) add(scalar(item));
  if (extents.values.size() != 2 && extents.values.size() != 3)
    throw BadInput(problem(node.text, "has " + std::to_string(extents.values.size()) + " numbers",
                           "a number, [height, width] or [depth, height, width]"));
  return extents;
}

std::vector<Text> read_from(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::scalar) return {node.text};
  std::vector<Text> names;
  for (const YamlNode& item : items(node)) names.push_back(scalar(item));
  if (names.empty()) throw BadInput(problem(node.text, "names no layer", "a name, or several in brackets"));
  return names;
}

AttentionMethod parse_method(const Text& text) {
  constexpr std::array kMethods = {AttentionMethod::flash, AttentionMethod::fused, AttentionMethod::unfused};
  std::vector<std::string_view> names;
  for (const AttentionMethod method : kMethods) {
    names.push_back(to_string(method));
    if (text.value == names.back()) return method;
  }
  throw BadInput(problem(text, "unknown method of attention", listed(names), suggest(text.value, names)));
}

/// Reads the keys that a kind of layer has.
class LayerReader {
 public:
  LayerReader(Mapping& mapping, LayerEntry& entry) : mapping_(mapping), entry_(entry) {}

  void read() {
    switch (entry_.kind) {
      case LayerKind::dense: return dense();
      case LayerKind::conv2d:
      case LayerKind::conv3d:
      case LayerKind::transposed_conv2d: return convolution();
      case LayerKind::max_pool:
      case LayerKind::average_pool: return pool();
      case LayerKind::embedding: return embedding();
      case LayerKind::lstm: return count("outputs", entry_.outputs), bias();
      case LayerKind::attention: return attention();
      case LayerKind::batch_norm:
      case LayerKind::layer_norm: return bias();
      case LayerKind::reshape: mapping_.optional("to", [&](const YamlNode& node) { entry_.to = read_shape(node); }); return;
      case LayerKind::combine: return count("experts", entry_.experts);
      case LayerKind::nearest_center: return count("centers", entry_.rows, kMostRows);
      case LayerKind::least_squares: return least_squares();
      default: return;
    }
  }

 private:
  void count(std::string_view key, std::int64_t& value, std::int64_t most = kMostFeatures) {
    mapping_.required(key, [&](const Text& text) { value = parse_integer(text, 1, most); });
  }
  bool maybe(std::string_view key, std::int64_t& value, std::int64_t most = kMostFeatures) {
    return mapping_.optional(key, [&](const Text& text) { value = parse_integer(text, 1, most); });
  }
  void flag(std::string_view key, bool& value) {
    mapping_.optional(key, [&](const Text& text) { value = parse_flag(text); });
  }
  void bias() {
    mapping_.optional("bias", [&](const Text& text) { entry_.bias = parse_flag(text) ? Bias::present : Bias::none; });
  }
  void extents(std::string_view key, EntryExtents& value, std::int64_t least) {
    mapping_.optional(key, [&](const YamlNode& node) { value = read_extents(node, least); });
  }

  void dense() {
    count("outputs", entry_.outputs);
    flag("per-position", entry_.per_position);
    maybe("experts", entry_.experts);
    mapping_.optional("tied-to", [&](const Text& text) { entry_.tied_to = text; });
    bias();
  }

  void slide() {
    extents("stride", entry_.stride, 1);
    mapping_.optional("padding", [&](const YamlNode& node) {
      entry_.padding_same = node.kind == YamlNode::Kind::scalar && node.text.value == "same";
      if (!entry_.padding_same) entry_.padding = read_extents(node, 0);
    });
  }

  void convolution() {
    count("channels", entry_.outputs);
    mapping_.required("window", [&](const YamlNode& node) { entry_.window = read_extents(node, 1); });
    slide();
    extents("dilation", entry_.dilation, 1);
    maybe("groups", entry_.groups);
    bias();
  }

  void pool() {
    mapping_.required("window", [&](const YamlNode& node) {
      entry_.whole = node.kind == YamlNode::Kind::scalar && node.text.value == "all";
      if (!entry_.whole) entry_.window = read_extents(node, 1);
    });
    slide();
    flag("round-up", entry_.round_up);
  }

  void embedding() {
    count("rows", entry_.rows, kMostRows);
    count("outputs", entry_.outputs);
    maybe("positions", entry_.positions);
    flag("sparse", entry_.sparse);
  }

  void least_squares() {
    count("rows", entry_.rows, kMostRows);
    count("outputs", entry_.outputs);
    maybe("blocks", entry_.groups);
  }

  void attention() {
    count("heads", entry_.attention.heads);
    entry_.shared_heads = maybe("key-heads", entry_.attention.key_heads);
    mapping_.optional("method", [&](const Text& text) { entry_.attention.method = parse_method(text); });
    flag("dropout", entry_.attention.dropout);
  }

  Mapping& mapping_;
  LayerEntry& entry_;
};

void read_name(Mapping& mapping, LayerEntry& entry) {
  mapping.optional("name", [&](const Text& text) {
    if (text.value.empty()) throw BadInput(problem(text, "the layer's name is empty"));
    if (text.value.size() > kLongestName)
      throw BadInput(problem(text, "the layer's name is too long", "at most " + std::to_string(kLongestName) + " bytes"));
    if (text.value == "input" || text.value == "block-input")
      throw BadInput(problem(text, "is a name that from: has for itself", "any but input and block-input"));
    entry.name = text.value;
  });
}

LayerEntry read_layer(const YamlNode& node) {
  LayerEntry entry;
  entry.where = node.text;
  Problems problems;
  Mapping mapping(node, problems);
  const bool known = mapping.required("kind", [&](const Text& text) { entry.kind = parse_kind(text); });
  read_name(mapping, entry);
  mapping.optional("from", [&](const YamlNode& from) { entry.from = read_from(from); });
  if (known) {
    LayerReader(mapping, entry).read();
    if (has_parameters(entry.kind)) mapping.optional("frozen", [&](const Text& text) { entry.frozen = parse_flag(text); });
    mapping.finish();
  }
  problems.throw_if_any();
  return entry;
}

LayerEntry read_block(const YamlNode& node) {
  LayerEntry entry;
  entry.where = node.text;
  Problems problems;
  Mapping mapping(node, problems);
  mapping.required("repeat", [&](const Text& text) { entry.repeat = parse_integer(text, 1, kMostRepeats); });
  read_name(mapping, entry);
  if (entry.name.empty()) entry.name = "block";
  mapping.required("layers", [&](const YamlNode& layers) {
    for (const YamlNode& item : items(layers))
      if (item.find("repeat") != nullptr) throw BadInput(problem(item.text, "a block stands inside a block", "layers"));
    entry.layers = read_layers(layers);
    if (entry.layers.empty()) throw BadInput(problem(layers.text, "the block has no layers"));
  });
  mapping.finish();
  problems.throw_if_any();
  return entry;
}

}  // namespace

TensorShape read_shape(const YamlNode& node) {
  TensorShape shape;
  if (node.kind == YamlNode::Kind::scalar) {
    shape.channels = parse_integer(node.text, 1, kMostFeatures);
    return shape;
  }
  Problems problems;
  Mapping mapping(node, problems);
  const auto extent = [](std::int64_t& value) { return [&value](const Text& text) { value = parse_integer(text, 1, kMostFeatures); }; };
  if (node.find("tokens") != nullptr) {
    mapping.required("tokens", extent(shape.width));
    mapping.optional("channels", extent(shape.channels));
  } else {
    mapping.required("channels", extent(shape.channels));
    mapping.optional("height", extent(shape.height));
    mapping.optional("width", extent(shape.width));
    mapping.optional("depth", extent(shape.depth));
  }
  mapping.finish();
  problems.throw_if_any();
  check_elements(shape, node.text);
  return shape;
}

std::vector<LayerEntry> read_layers(const YamlNode& sequence) {
  std::vector<LayerEntry> entries;
  Problems problems;
  for (const YamlNode& item : items(sequence)) {
    if (problems.full()) break;
    problems.collect([&] { entries.push_back(item.find("repeat") != nullptr ? read_block(item) : read_layer(item)); });
  }
  problems.throw_if_any();
  return entries;
}

}  // namespace forerun
