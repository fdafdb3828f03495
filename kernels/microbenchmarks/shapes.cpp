#include "kernels/microbenchmarks/shapes.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <string>

#include "io/quantity.hpp"
#include "io/yaml.hpp"
#include "kernels/data.hpp"
#include "kernels/microbenchmarks/kernel_buffers.hpp"
#include "workloads/formulas.hpp"
#include "workloads/shapes.hpp"

namespace forerun {

namespace {

using Axes = std::map<std::string, std::int64_t, std::less<>>;  // one point of an entry's grid

constexpr std::int64_t kLargestAxis = 1 << 20;

std::vector<std::int64_t> read_axis(const YamlNode& node) {
  std::vector<std::int64_t> values;
  for (const YamlNode& item : items(node)) values.push_back(parse_integer(scalar(item), 0, kLargestAxis));
  return values;
}

/// All points of an entry's grid, the last axis running fastest.
std::vector<Axes> grid(const YamlNode& entry, std::span<const std::string_view> names, Problems& problems) {
  std::vector<Axes> points{{}};
  Mapping mapping(entry, problems);
  for (const std::string_view name : names)
    mapping.required(name, [&](const YamlNode& node) {
      std::vector<Axes> longer;
      const std::vector<std::int64_t> values = read_axis(node);
      for (const Axes& point : points)
        for (const std::int64_t value : values) {
          longer.push_back(point);
          longer.back()[std::string(name)] = value;
        }
      points = std::move(longer);
    });
  mapping.finish();
  return points;
}

LayerShape shape_of(LayerKind kind, const Axes& axes, const Text& where) {
  const auto at = [&](std::string_view axis) {
    const auto found = axes.find(axis);
    return found == axes.end() ? std::int64_t{0} : found->second;
  };
  LayerDescription layer;
  layer.kind = kind;
  layer.where = where;
  TensorShape input;
  switch (kind) {
    case LayerKind::dense: input.channels = at("inputs"), layer.outputs = at("outputs"); break;
    case LayerKind::conv2d: layer.outputs = at("filters"); [[fallthrough]];
    case LayerKind::max_pool:
      input = {at("channels"), at("edge"), at("edge")};
      layer.window = static_cast<int>(at("window"));
      layer.stride = static_cast<int>(at("stride"));
      layer.padding = static_cast<int>(at("padding"));
      break;
    case LayerKind::relu: input.channels = at("elements"); break;
    case LayerKind::softmax_cross_entropy: input.channels = at("classes"); break;
    default: break;  // no section has another
  }
  return infer_shape(input, layer);
}

/// One kind of layer in a list, with the axes of its entries. Updates stand apart: their batch does not matter.
struct Section {
  std::string_view name;
  LayerKind kind;
  bool updates;
  std::vector<std::string_view> axes;
};

const std::array<Section, 6>& sections() {
  static const std::array<Section, 6> all{{
      {"dense", LayerKind::dense, false, {"batch", "inputs", "outputs"}},
      {"conv2d", LayerKind::conv2d, false, {"batch", "channels", "filters", "edge", "window", "stride", "padding"}},
      {"max-pool", LayerKind::max_pool, false, {"batch", "channels", "edge", "window", "stride"}},
      {"relu", LayerKind::relu, false, {"batch", "elements"}},
      {"softmax-cross-entropy", LayerKind::softmax_cross_entropy, false, {"batch", "classes"}},
      {"update", LayerKind::dense, true, {"inputs", "outputs"}},
  }};
  return all;
}

using Add = void (*)(const Kernel& kernel, std::vector<Microbenchmark>& list);

void add_warm_and_cold(const Kernel& kernel, std::vector<Microbenchmark>& list) {
  list.push_back(microbenchmark(kernel, Condition::warm));
  const Microbenchmark cold = microbenchmark(kernel, Condition::cold);
  if (cold.copies > 1) list.push_back(cold);
}

/// As training finds it: what fits a core's own cache was left there by the kernel before, what is larger comes from memory.
void add_as_in_training(const Kernel& kernel, std::vector<Microbenchmark>& list) {
  const bool fits = kernel_arrays(kernel).total() <= kOwnCache;
  list.push_back(microbenchmark(kernel, fits ? Condition::warm : Condition::cold));
}

void read_section(const Section& section, const YamlNode& entries, Problems& problems, Add add, std::vector<Microbenchmark>& list) {
  for (const YamlNode& entry : items(entries))
    for (const Axes& axes : grid(entry, section.axes, problems)) {
      if (axes.size() != section.axes.size()) continue;  // said already
      const LayerShape shape = shape_of(section.kind, axes, entry.text);
      const std::int64_t batch = section.updates ? 1 : std::max<std::int64_t>(1, axes.at("batch"));
      for (const Pass pass : passes(section.kind, LayerPosition::later))
        if ((pass == Pass::update) == section.updates) add({shape, pass, batch, {}}, list);
    }
}

void read_sections(Mapping& mapping, Problems& problems, Add add, std::vector<Microbenchmark>& list) {
  for (const Section& section : sections())
    mapping.optional(section.name, [&](const YamlNode& entries) { read_section(section, entries, problems, add, list); });
}

}  // namespace

Microbenchmark microbenchmark(const Kernel& kernel, Condition condition) {
  const Bytes once = kernel_arrays(kernel).total();
  Microbenchmark benchmark{kernel, 1};
  if (condition == Condition::cold) benchmark.copies = 1 + static_cast<int>(kColdBytes / once.value());
  benchmark.kernel.footprint = once * benchmark.copies;
  return benchmark;
}

BenchmarkList read_benchmark_list(std::string_view text, std::string_view name) {
  const YamlNode document = read_yaml_text(text, name);
  BenchmarkList list;
  Problems problems;
  Mapping mapping(document, problems);
  read_sections(mapping, problems, add_warm_and_cold, list.kernels);
  mapping.optional("busy", [&](const YamlNode& node) {
    Mapping busy(node, problems);
    read_sections(busy, problems, add_as_in_training, list.busy);
    busy.finish();
  });
  mapping.finish();
  problems.throw_if_any();
  return list;
}

BenchmarkList shipped_benchmark_list(std::string_view name) {
  for (const kernels_file& file : kernels_data())
    if (file.name == "microbenchmarks/" + std::string(name)) return read_benchmark_list(file.text, name);
  throw std::logic_error("no list of shapes " + std::string(name));
}

}  // namespace forerun
