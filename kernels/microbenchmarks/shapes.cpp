#include "kernels/microbenchmarks/shapes.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

#include "io/quantity.hpp"
#include "io/yaml.hpp"
#include "kernels/data.hpp"
#include "kernels/microbenchmarks/gpu_benchmarks.hpp"
#include "kernels/microbenchmarks/kernel_buffers.hpp"
#include "kernels/trainer/random.hpp"
#include "workloads/formulas.hpp"
#include "workloads/shapes.hpp"

namespace forerun {

namespace {

using Axes = std::map<std::string, std::int64_t, std::less<>>;  // one point of an entry's grid

constexpr std::int64_t kLargestAxis = 1 << 20;

/// One axis of a kind's entries: its values are `least` to `most`, or all `usual` where the entry does not name it.
struct Axis {
  std::string_view name;
  std::optional<std::int64_t> usual;  ///< none: it must be named
  std::int64_t least = 1;
  std::int64_t most = kLargestAxis;
};

std::vector<std::int64_t> read_axis(const YamlNode& node, const Axis& axis) {
  std::vector<std::int64_t> values;
  for (const YamlNode& item : items(node)) values.push_back(parse_integer(scalar(item), axis.least, axis.most));
  if (values.empty()) throw BadInput(problem(node.text, "an axis without values"));
  return values;
}

/// All points of an entry's grid, the last axis running fastest.
std::vector<Axes> grid(const YamlNode& entry, std::span<const Axis> all, Problems& problems) {
  std::vector<Axes> points{{}};
  Mapping mapping(entry, problems);
  const auto lengthen = [&](const Axis& axis, std::span<const std::int64_t> values) {
    std::vector<Axes> longer;
    for (const Axes& point : points)
      for (const std::int64_t value : values) {
        longer.push_back(point);
        longer.back()[std::string(axis.name)] = value;
      }
    points = std::move(longer);
  };
  for (const Axis& axis : all) {
    const auto read = [&](const YamlNode& node) { lengthen(axis, read_axis(node, axis)); };
    if (!axis.usual)
      mapping.required(axis.name, read);
    else if (!mapping.optional(axis.name, read))
      lengthen(axis, {&*axis.usual, 1});
  }
  mapping.finish();
  return points;
}

class Point {
 public:
  explicit Point(const Axes& axes) : axes_(axes) {}
  /// Zero for an axis that the kind has not.
  std::int64_t operator[](std::string_view axis) const {
    const auto found = axes_.find(axis);
    return found == axes_.end() ? std::int64_t{0} : found->second;
  }

 private:
  const Axes& axes_;
};

LayerShape sequence(LayerKind kind, std::int64_t channels, std::int64_t tokens) {
  const TensorShape all{.channels = channels, .width = tokens};
  return {.kind = kind, .input = all, .output = all};
}

LayerShape attention_shape(const Point& at) {
  LayerShape shape = sequence(LayerKind::attention, at["heads"] * at["channels"], at["tokens"]);
  Attention& a = shape.attention;
  a.heads = a.key_heads = at["heads"];
  a.key_channels = a.value_channels = at["channels"];
  a.keys = at["tokens"];
  a.dropout = at["dropout"] == 1;
  return shape;
}

LayerShape embedding_shape(const Point& at) {
  LayerShape shape = sequence(LayerKind::embedding, at["channels"], at["tokens"]);
  shape.input.channels = 1;
  shape.rows = at["rows"];
  return shape;
}

LayerShape windowed_shape(LayerKind kind, const Point& at, const Text& where) {
  LayerDescription layer{.kind = kind, .outputs = at["filters"], .where = where};
  layer.window = static_cast<int>(at["window"]);
  layer.stride = static_cast<int>(at["stride"]);
  layer.padding = static_cast<int>(at["padding"]);
  if (kind == LayerKind::conv2d) layer.groups = at["groups"];
  return infer_shape({at["channels"], at["edge"], at["edge"]}, layer);
}

LayerShape shape_of(LayerKind kind, const Axes& axes, const Text& where) {
  const Point at(axes);
  switch (kind) {
    case LayerKind::dense: return infer_shape({.channels = at["inputs"]}, {.kind = kind, .outputs = at["outputs"], .where = where});
    case LayerKind::conv2d:
    case LayerKind::max_pool:
    case LayerKind::average_pool: return windowed_shape(kind, at, where);
    case LayerKind::batch_norm: return infer_shape({at["channels"], at["edge"], at["edge"]}, {.kind = kind, .where = where});
    case LayerKind::layer_norm: return sequence(kind, at["channels"], at["tokens"]);
    case LayerKind::embedding: return embedding_shape(at);
    case LayerKind::attention: return attention_shape(at);
    case LayerKind::softmax_cross_entropy: return infer_shape({.channels = at["classes"]}, {.kind = kind, .where = where});
    default: break;
  }
  LayerShape shape = sequence(kind, at["elements"], 1);
  if (kind == LayerKind::add) shape.operands = static_cast<int>(at["inputs"]);
  return shape;
}

/// One kind of layer in a list, with the axes of its entries. Updates stand apart: their batch does not matter.
struct Section {
  std::string_view name;
  LayerKind kind;
  std::vector<Axis> axes;
  std::optional<Optimizer> updates = std::nullopt;
};

const std::vector<Section>& sections() {
  const Axis batch{"batch"}, channels{"channels"}, edge{"edge"}, window{"window"}, stride{"stride"}, elements{"elements"}, tokens{"tokens"};
  const Axis inputs{"inputs"}, outputs{"outputs"}, filters{"filters"}, rows{"rows"}, heads{"heads"}, classes{"classes"};
  const Axis padding{"padding", 0, 0}, groups{"groups", 1}, operands{"inputs", 2, 2}, dropout{"dropout", 0, 0, 1};
  static const std::vector<Section> all{
      {"dense", LayerKind::dense, {batch, inputs, outputs}},
      {"conv2d", LayerKind::conv2d, {batch, channels, filters, edge, window, stride, padding, groups}},
      {"max-pool", LayerKind::max_pool, {batch, channels, edge, window, stride, padding}},
      {"average-pool", LayerKind::average_pool, {batch, channels, edge, window, stride, padding}},
      {"relu", LayerKind::relu, {batch, elements}},
      {"gelu", LayerKind::gelu, {batch, elements}},
      {"dropout", LayerKind::dropout, {batch, elements}},
      {"add", LayerKind::add, {batch, elements, operands}},
      {"batch-norm", LayerKind::batch_norm, {batch, channels, edge}},
      {"layer-norm", LayerKind::layer_norm, {batch, tokens, channels}},
      {"embedding", LayerKind::embedding, {batch, tokens, rows, channels}},
      {"attention", LayerKind::attention, {batch, tokens, heads, channels, dropout}},
      {"softmax-cross-entropy", LayerKind::softmax_cross_entropy, {batch, classes}},
      {"update", LayerKind::dense, {inputs, outputs}, Optimizer::sgd_momentum},
      {"update-sgd", LayerKind::dense, {inputs, outputs}, Optimizer::sgd},
      {"update-adam", LayerKind::dense, {inputs, outputs}, Optimizer::adam},
      {"update-adamw", LayerKind::dense, {inputs, outputs}, Optimizer::adamw},
  };
  return all;
}

double rotation_bytes(Condition condition) {
  switch (condition) {
    case Condition::near: return kNearBytes;
    case Condition::far: return kFarBytes;
    default: return kColdBytes;
  }
}

template <class Item>
using Add = void (*)(const Kernel& kernel, std::vector<Item>& list);

/// Arithmetic beside which the reading of every array from memory takes no more than some hundredths: 100 Gflop/s and 10 GB/s.
constexpr double kBusyFlopPerByte = 200;

void add_in_each_condition(const Kernel& kernel, std::vector<Microbenchmark>& list) {
  if (flops(kernel).value() > kBusyFlopPerByte * bytes_moved(kernel).value()) {
    list.push_back(microbenchmark(kernel, Condition::cold));
    return;
  }
  list.push_back(microbenchmark(kernel, Condition::warm));
  for (const Condition condition : {Condition::near, Condition::far, Condition::cold})
    if (const Microbenchmark rotating = microbenchmark(kernel, condition); rotating.copies > list.back().copies) list.push_back(rotating);
}

/// As training finds it: what fits a core's own cache was left there by the kernel before, what is larger comes from memory.
void add_as_in_training(const Kernel& kernel, std::vector<Microbenchmark>& list) {
  const bool fits = kernel_arrays(kernel).total() <= kOwnCache;
  list.push_back(microbenchmark(kernel, fits ? Condition::warm : Condition::cold));
}

template <class Item>
void read_section(const Section& section, const YamlNode& entries, Problems& problems, Add<Item> add, std::vector<Item>& list) {
  for (const YamlNode& entry : items(entries))
    for (const Axes& axes : grid(entry, section.axes, problems)) {
      if (axes.size() != section.axes.size()) continue;  // said already
      Kernel kernel{shape_of(section.kind, axes, entry.text), Pass::update, 1, {}};
      kernel.optimizer = section.updates.value_or(kernel.optimizer);
      if (!section.updates) kernel.batch = axes.at("batch");
      for (const Pass pass : passes(section.kind, LayerPosition::later)) {
        kernel.pass = pass;
        if ((pass == Pass::update) == section.updates.has_value()) add(kernel, list);
      }
    }
}

template <class Item>
void read_sections(Mapping& mapping, Problems& problems, Add<Item> add, std::vector<Item>& list) {
  for (const Section& section : sections())
    mapping.optional(section.name, [&](const YamlNode& entries) { read_section(section, entries, problems, add, list); });
}

std::string_view shipped_text(std::string_view name) {
  for (const kernels_file& file : kernels_data())
    if (file.name == "microbenchmarks/" + std::string(name)) return file.text;
  throw std::logic_error("no list of shapes " + std::string(name));
}

}  // namespace

Microbenchmark microbenchmark(const Kernel& kernel, Condition condition) {
  const Bytes once = kernel_arrays(kernel).total();
  Microbenchmark benchmark{kernel, 1};
  if (condition != Condition::warm) benchmark.copies = 1 + static_cast<int>(rotation_bytes(condition) / once.value());
  benchmark.kernel.footprint = once * benchmark.copies;
  return benchmark;
}

std::uint64_t fingerprint(std::span<const Microbenchmark> list, std::uint64_t seed) {
  std::uint64_t key = seed;
  const auto add = [&](std::int64_t value) { key = mix_bits(key ^ static_cast<std::uint64_t>(value)); };
  for (const Microbenchmark& benchmark : list) {
    const LayerShape& shape = benchmark.kernel.shape;
    for (const TensorShape& tensor : {shape.input, shape.output}) add(tensor.channels), add(tensor.height), add(tensor.width);
    add(static_cast<int>(shape.kind)), add(shape.window.edge()), add(shape.stride.edge()), add(shape.padding.edge());
    add(shape.groups), add(shape.rows), add(shape.operands);
    add(shape.attention.heads), add(shape.attention.keys), add(shape.attention.key_channels), add(shape.attention.dropout ? 1 : 0);
    add(static_cast<int>(benchmark.kernel.pass)), add(static_cast<int>(benchmark.kernel.optimizer));
    add(static_cast<int>(benchmark.kernel.precision)), add(benchmark.kernel.batch), add(benchmark.copies);
  }
  return key;
}

BenchmarkList read_benchmark_list(std::string_view text, std::string_view name) {
  const YamlNode document = read_yaml_text(text, name);
  BenchmarkList list;
  Problems problems;
  Mapping mapping(document, problems);
  read_sections<Microbenchmark>(mapping, problems, add_in_each_condition, list.kernels);
  mapping.optional("busy", [&](const YamlNode& node) {
    Mapping busy(node, problems);
    read_sections<Microbenchmark>(busy, problems, add_as_in_training, list.busy);
    busy.finish();
  });
  mapping.finish();
  problems.throw_if_any();
  return list;
}

std::vector<Kernel> read_kernel_list(std::string_view text, std::string_view name) {
  const YamlNode document = read_yaml_text(text, name);
  std::vector<Kernel> list;
  Problems problems;
  Mapping mapping(document, problems);
  read_sections<Kernel>(
      mapping, problems, [](const Kernel& kernel, std::vector<Kernel>& all) { all.push_back(kernel); }, list);
  mapping.finish();
  problems.throw_if_any();
  return list;
}

BenchmarkList shipped_benchmark_list(std::string_view name) { return read_benchmark_list(shipped_text(name), name); }

std::vector<Kernel> shipped_kernel_list(std::string_view name) { return read_kernel_list(shipped_text(name), name); }

}  // namespace forerun
