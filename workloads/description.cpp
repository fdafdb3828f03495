#include "workloads/description.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "workloads/adaptation.hpp"
#include "workloads/described_layers.hpp"
#include "workloads/graph_builder.hpp"
#include "workloads/layer_entry.hpp"

namespace forerun {
namespace {

constexpr std::int64_t kMostSamples = std::int64_t{1} << 40;

constexpr std::array kPrecisions = {Precision::fp32, Precision::tf32, Precision::fp16, Precision::bf16, Precision::fp8, Precision::fp64};
constexpr std::array kGradients = {GradientPrecision::computed, GradientPrecision::fp32};
constexpr std::array kOptimizers = {Optimizer::sgd, Optimizer::sgd_momentum, Optimizer::adam, Optimizer::adamw, Optimizer::lbfgs};
constexpr std::array<std::string_view, 11> kSettings = {"batch",        "decode-time",  "frozen",          "gradients",
                                                        "lora-rank",    "lora-targets", "optimizer",       "precision",
                                                        "sample-bytes", "samples",      "samples-per-file"};

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

}  // namespace

std::span<const std::string_view> workload_settings() { return kSettings; }

void set_field(Workload& workload, std::string_view key, const Text& value) {
  if (key == "batch") {
    workload.batch = parse_integer(value, 1, kMostSamples);
  } else if (key == "samples") {
    workload.samples = parse_integer(value, 1, kMostSamples);
  } else if (key == "sample-bytes") {
    workload.files.sample = parse_bytes(value);
  } else if (key == "samples-per-file") {
    workload.files.per_file = static_cast<double>(parse_integer(value, 1, kMostSamples));
  } else if (key == "decode-time") {
    workload.files.decode = parse_seconds(value, Zero::allowed);
  } else if (key == "precision") {
    workload.precision = parse_choice(value, kPrecisions, "unknown precision");
  } else if (key == "gradients") {
    workload.gradients = parse_choice(value, kGradients, "unknown precision of gradients");
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
  Workload common;
  std::string called(name);
  TensorShape input;
  std::int64_t tokens = 0;
  std::vector<LayerEntry> layers;
  Mapping mapping(document, found);
  mapping.optional("name", [&](const Text& text) {
    if (text.value.empty()) throw BadInput(problem(text, "the name is empty"));
    called = text.value;
  });
  mapping.required("input", [&](const YamlNode& node) {
    input = read_shape(node);
    tokens = node.find("tokens") != nullptr ? input.width : 0;
  });
  for (const std::string_view key : kSettings)
    mapping.optional(key, [&](const Text& text) {
      if (std::ranges::find(adaptation_settings(), key) == adaptation_settings().end()) set_field(common, key, text);
    });
  Workload workload;
  mapping.required("layers", [&](const YamlNode& node) {
    layers = read_layers(node);
    Problems inside;
    check_layers(layers, node.text, inside);
    inside.throw_if_any();
  });
  mapping.finish();
  // Shapes follow from one another: one wrong layer would spoil all that come after it.
  if (found.empty())
    found.collect([&] {
      GraphBuilder net(called, input, document.text);
      write_layers(net, layers);
      workload = std::move(net).take();
    });
  workload.batch = common.batch;
  workload.samples = common.samples;
  workload.files = common.files;
  workload.precision = common.precision;
  workload.gradients = common.gradients;
  workload.optimizer = common.optimizer;
  workload.tokens_per_sample = tokens;
  for (const Problem& each : found.all()) problems.add(each);
  return workload;
}

}  // namespace forerun
