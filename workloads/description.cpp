#include "workloads/description.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "workloads/adaptation.hpp"
#include "workloads/formulas.hpp"
#include "workloads/shapes.hpp"

namespace forerun {
namespace {

constexpr std::int64_t kMostSamples = std::int64_t{1} << 40;
constexpr std::int64_t kMostFeatures = (std::int64_t{1} << 31) - 1;
constexpr std::int64_t kMostWindow = 1 << 16;
constexpr std::int64_t kMostParameters = std::int64_t{1} << 53;

constexpr std::array kPrecisions = {Precision::fp32, Precision::tf32, Precision::fp16, Precision::bf16, Precision::fp8, Precision::fp64};
constexpr std::array kOptimizers = {Optimizer::sgd, Optimizer::sgd_momentum, Optimizer::adam, Optimizer::adamw, Optimizer::lbfgs};
constexpr std::array<std::string_view, 7> kSettings = {"batch", "frozen", "lora-rank", "lora-targets", "optimizer", "precision", "samples"};

/// A layer as the file gives it, before its shape is known.
struct NamedLayer {
  std::string name;
  LayerDescription description;
};

LayerKind parse_kind(const Text& text) {
  constexpr std::array kKinds = {LayerKind::dense, LayerKind::conv2d, LayerKind::max_pool, LayerKind::relu,
                                 LayerKind::softmax_cross_entropy};
  std::vector<std::string_view> names;
  for (const LayerKind kind : kKinds) {
    names.push_back(to_string(kind));
    if (text.value == names.back()) return kind;
  }
  throw BadInput(problem(text, "unknown kind of layer", listed(names), suggest(text.value, names)));
}

/// The value of an enumeration that has this name.
template <class Enum, std::size_t N>
Enum parse_choice(const Text& text, const std::array<Enum, N>& choices, const std::string& what) {
  std::array<std::string_view, N> names;
  for (std::size_t i = 0; i < N; ++i) {
    names[i] = to_string(choices[i]);
    if (text.value == names[i]) return choices[i];
  }
  throw BadInput(problem(text, what, listed(names), suggest(text.value, names)));
}

TensorShape read_input(const YamlNode& node) {
  TensorShape shape;
  if (node.kind == YamlNode::Kind::scalar) {
    shape.channels = parse_integer(node.text, 1, kMostFeatures);
    return shape;
  }
  Problems problems;
  Mapping mapping(node, problems);
  mapping.required("channels", [&](const Text& text) { shape.channels = parse_integer(text, 1, kMostFeatures); });
  mapping.required("height", [&](const Text& text) { shape.height = parse_integer(text, 1, kMostFeatures); });
  mapping.required("width", [&](const Text& text) { shape.width = parse_integer(text, 1, kMostFeatures); });
  mapping.finish();
  problems.throw_if_any();
  check_elements(shape, node.text);
  return shape;
}

void read_window(Mapping& mapping, LayerDescription& layer) {
  mapping.required("window", [&](const Text& text) { layer.window = static_cast<int>(parse_integer(text, 1, kMostWindow)); });
  layer.stride = layer.kind == LayerKind::max_pool ? layer.window : Extent(1);
  mapping.optional("stride", [&](const Text& text) { layer.stride = static_cast<int>(parse_integer(text, 1, kMostWindow)); });
  mapping.optional("padding", [&](const Text& text) { layer.padding = static_cast<int>(parse_integer(text, 0, kMostWindow)); });
}

NamedLayer read_layer(const YamlNode& node) {
  NamedLayer layer;
  LayerDescription& description = layer.description;
  description.where = node.text;
  Problems problems;
  Mapping mapping(node, problems);
  const bool known = mapping.required("kind", [&](const Text& text) { description.kind = parse_kind(text); });
  mapping.optional("name", [&](const Text& text) {
    if (text.value.empty()) throw BadInput(problem(text, "the layer's name is empty"));
    layer.name = text.value;
  });
  if (known) {
    const auto outputs = [&](const Text& text) { description.outputs = parse_integer(text, 1, kMostFeatures); };
    if (description.kind == LayerKind::dense) mapping.required("outputs", outputs);
    if (description.kind == LayerKind::conv2d) mapping.required("channels", outputs);
    if (description.kind == LayerKind::conv2d || description.kind == LayerKind::max_pool) read_window(mapping, description);
    mapping.finish();
  }
  problems.throw_if_any();
  return layer;
}

/// Layers without a name are called after their kind and counted: `dense-1`, `dense-2`.
void name_layers(std::vector<NamedLayer>& layers, Problems& problems) {
  std::map<LayerKind, int> counts;
  std::set<std::string> names;
  for (NamedLayer& layer : layers) {
    const int number = ++counts[layer.description.kind];
    if (layer.name.empty()) layer.name = std::string(to_string(layer.description.kind)) + "-" + std::to_string(number);
    if (names.insert(layer.name).second) continue;
    Text where = layer.description.where;
    where.value = layer.name;
    problems.add(problem(where, "two layers have this name"));
  }
}

void check_chain(const std::vector<NamedLayer>& layers, const Text& where, Problems& problems) {
  bool trains = false;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerDescription& layer = layers[i].description;
    trains = trains || has_parameters(layer.kind);
    const bool ends = is_loss(layer.kind);
    const bool is_last = i + 1 == layers.size();
    if (ends && !is_last) problems.add(problem(layer.where, "the loss is not the last layer"));
    if (!ends && is_last) problems.add(problem(layer.where, "the last layer is not a loss", "softmax-cross-entropy"));
  }
  if (!trains) problems.add(problem(where, "no layer has parameters to train", "at least one dense or conv2d layer"));
}

void infer_shapes(const std::vector<NamedLayer>& layers, Workload& workload) {
  TensorShape shape = workload.input;
  std::int64_t total = 0;
  for (const auto& [name, description] : layers) {
    if (description.kind == LayerKind::dense || is_loss(description.kind)) shape = flattened(shape);
    workload.layers.push_back(
        {.name = name, .shape = infer_shape(shape, description), .inputs = {static_cast<int>(workload.layers.size()) - 1}});
    shape = workload.layers.back().shape.output;
    total += parameters(workload.layers.back().shape);
    if (total > kMostParameters) throw BadInput(problem(description.where, "the network is too large", "at most 2^53 parameters"));
  }
}

}  // namespace

std::span<const std::string_view> workload_settings() { return kSettings; }

void set_field(Workload& workload, std::string_view key, const Text& value) {
  if (key == "batch") {
    workload.batch = parse_integer(value, 1, kMostSamples);
  } else if (key == "samples") {
    workload.samples = parse_integer(value, 1, kMostSamples);
  } else if (key == "precision") {
    workload.precision = parse_choice(value, kPrecisions, "unknown precision");
  } else if (key == "optimizer") {
    workload.optimizer = parse_choice(value, kOptimizers, "unknown optimizer");
  } else {
    Text where = value;
    where.value.clear();
    throw BadInput(problem(where, "unknown setting", listed(kSettings), suggest(key, kSettings)));
  }
}

Workload read_description(const YamlNode& document, std::string_view name, Problems& problems) {
  Problems found;
  Workload workload;
  workload.name = name;
  std::vector<NamedLayer> layers;
  Mapping mapping(document, found);
  mapping.optional("name", [&](const Text& text) {
    if (text.value.empty()) throw BadInput(problem(text, "the name is empty"));
    workload.name = text.value;
  });
  mapping.required("input", [&](const YamlNode& node) { workload.input = read_input(node); });
  for (const std::string_view key : kSettings)
    mapping.optional(key, [&](const Text& text) {
      if (std::ranges::find(adaptation_settings(), key) == adaptation_settings().end()) set_field(workload, key, text);
    });
  const bool listed_layers = mapping.required("layers", [&](const YamlNode& node) {
    Problems inside;
    for (const YamlNode& item : items(node)) inside.collect([&] { layers.push_back(read_layer(item)); });
    inside.throw_if_any();
    name_layers(layers, inside);
    check_chain(layers, node.text, inside);
    inside.throw_if_any();
  });
  mapping.finish();
  // Shapes follow from one another: one wrong layer would spoil all that come after it.
  if (listed_layers && found.empty()) found.collect([&] { infer_shapes(layers, workload); });
  for (const Problem& each : found.all()) problems.add(each);
  return workload;
}

}  // namespace forerun
