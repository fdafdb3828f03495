#include "workloads/onnx/import.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "workloads/family_parameters.hpp"
#include "workloads/formulas.hpp"
#include "workloads/onnx/arrange.hpp"
#include "workloads/onnx/inputs.hpp"
#include "workloads/onnx/operators.hpp"
#include "workloads/onnx/read_model.hpp"
#include "workloads/onnx/write.hpp"

namespace forerun {
namespace {

using namespace onnx;

constexpr std::string_view kEnding = ".onnx";
constexpr std::array<std::string_view, 4> kLosses = {"softmax-cross-entropy", "squared-error", "binary-cross-entropy", "none"};
constexpr std::size_t kNamedOperators = 20;

/// What settings say beside the sizes of dimensions.
struct Options {
  std::size_t loss = 0;
  std::string output;
};

Text here(const Graph& graph) { return {.file = graph.file}; }

/// All operators that are not known, each with the first node that has it.
void check_operators(const Graph& graph) {
  std::set<std::pair<int, int>> seen;
  std::vector<Problem> problems;
  for (const Node& node : graph.nodes) {
    if (node.domain < 0 && find_operator(graph.op(node)) != nullptr) continue;
    if (!seen.emplace(node.domain, node.op).second) continue;
    Text where = here(graph);
    where.key = described(graph, node);
    const std::string full = (node.domain < 0 ? "" : graph.words.text(node.domain) + ".") + graph.op(node);
    std::string what = "the operator " + full + " is not supported: there is no rule for its shape and its cost";
    if (graph.has_functions && node.domain >= 0) what += " (functions of the file itself have to be inlined before)";
    problems.push_back(problem(where, std::move(what)));
    if (problems.size() == kNamedOperators) break;
  }
  if (!problems.empty()) throw BadInput(std::move(problems));
}

std::vector<Value> initial_values(const Graph& graph) {
  std::vector<Value> values(static_cast<std::size_t>(graph.values.size()));
  for (std::size_t i = 0; i < graph.initialisers.size(); ++i) {
    const Tensor& tensor = graph.initialisers[i];
    if (tensor.name < 0) throw BadInput(problem(here(graph), "an initialiser has no name"));
    Value& value = values[static_cast<std::size_t>(tensor.name)];
    value.floating = is_float(tensor.type);
    // A number without dimensions is part of a formula.
    value.role = !value.floating ? Role::auxiliary : tensor.dims.empty() ? Role::constant : Role::weight;
    value.dims = tensor.dims;
    value.known = tensor.known;
    value.numbers = tensor.numbers;
    value.distinct = value.whole = value.elements();
    value.weight = static_cast<int>(i);
    value.part = mixed(0, static_cast<std::int64_t>(i) + 1);
  }
  return values;
}

/// The first table of tokens: its positions.
std::int64_t tokens_of(const Workload& workload) {
  for (const Layer& layer : workload.layers)
    if (layer.shape.kind == LayerKind::embedding && layer.shape.output.width > 1) return layer.shape.output.width;
  return 0;
}

Workload build(Graph graph, const std::string& name, FamilyParameters& parameters) {
  Options options;
  options.loss = parameters.choice("loss", kLosses, 0);
  const std::vector<std::string> outputs = parameters.words("output");
  const int only = find_output(graph, outputs, parameters);
  arrange(graph, only);
  check_operators(graph);
  Values values{.list = initial_values(graph)};
  const TensorShape sample = size_inputs(graph, values, parameters);
  parameters.finish();

  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    Operation op(graph, values, static_cast<int>(i));
    find_operator(op.name())->infer(op);
  }
  GraphBuilder builder(name, sample, here(graph));
  const int last = write_layers(Network(graph, values), builder);
  if (forerun::parameters(builder.workload()) == 0) throw BadInput(problem(here(graph), "no layer has parameters to train"));
  if (options.loss < 3) {
    constexpr std::array kKinds = {LayerKind::softmax_cross_entropy, LayerKind::squared_error, LayerKind::binary_cross_entropy};
    if (kKinds[options.loss] == LayerKind::softmax_cross_entropy && builder.shape_of(last).channels < 2)
      throw BadInput(problem(here(graph), "its output has one channel, and a loss over classes takes two",
                             "--set workload.loss=squared-error, binary-cross-entropy or none"));
    builder.loss("loss", kKinds[options.loss], last);
  }
  Workload workload = std::move(builder).take();
  workload.tokens_per_sample = tokens_of(workload);
  return workload;
}

std::vector<Text> given(std::span<const Text> settings) {
  std::vector<Text> list(settings.begin(), settings.end());
  for (Text& text : list) text.key = "workload." + text.key;
  return list;
}

}  // namespace

bool names_an_onnx_file(std::string_view name) { return name.ends_with(kEnding); }

Workload import_onnx(const Text& file, std::span<const Text> settings) {
  FamilyParameters parameters(given(settings), {.file = file.value});
  std::int64_t limit = kFileLimit;
  parameters.words("file-limit");
  for (const Text& setting : given(settings))
    if (setting.key == "workload.file-limit") limit = static_cast<std::int64_t>(parse_bytes(setting).value());
  return build(read_model(file, limit), std::filesystem::path(file.value).stem().string(), parameters);
}

Workload import_onnx_bytes(std::string_view bytes, const std::string& name, std::span<const Text> settings) {
  FamilyParameters parameters(given(settings), {.file = name});
  parameters.words("file-limit");
  return build(read_model_bytes(bytes, name), name, parameters);
}

}  // namespace forerun
