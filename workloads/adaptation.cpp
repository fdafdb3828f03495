#include "workloads/adaptation.hpp"

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "workloads/formulas.hpp"
#include "workloads/shapes.hpp"

namespace forerun {
namespace {

constexpr std::array<std::string_view, 3> kSettings = {"frozen", "lora-rank", "lora-targets"};
constexpr std::int64_t kMostRank = 1 << 20;
constexpr std::size_t kMostCompared = std::size_t{1} << 28;  // characters of patterns times those of layers' names
constexpr std::size_t kMostSuggested = 10;                   // patterns for which the nearest name is searched

/// Whether the text is the pattern, where * stands for any characters.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, after = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++after;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::string_view last_part(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

/// For each layer whether one of the patterns, with commas between them, names it. BadInput for a pattern that names none of `kind`.
std::vector<char> named(const Workload& workload, const Text& patterns, const std::string& kind,
                        const std::function<bool(const Layer&)>& eligible) {
  std::size_t letters = 1;
  for (const Layer& layer : workload.layers) letters += layer.name.size();
  if (patterns.value.size() > kMostCompared / letters)
    throw BadInput(problem(patterns, "is too long for a network of so many layers",
                           "at most " + std::to_string(kMostCompared / letters) + " characters"));
  std::vector<char> chosen(workload.layers.size());
  Problems problems;
  for (const std::string& part : between_commas(patterns.value)) {
    Text pattern = patterns;
    pattern.value = part;
    bool found = false;
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < workload.layers.size(); ++i) {
      const Layer& layer = workload.layers[i];
      if (!eligible(layer)) continue;
      names.push_back(last_part(layer.name));
      if (!matches(pattern.value, layer.name) && !matches(pattern.value, names.back())) continue;
      chosen[i] = 1;
      found = true;
    }
    if (found) continue;
    if (problems.full()) break;
    problems.add(problem(pattern, "names no " + kind, "names as forerun show workload lists them",
                         problems.all().size() < kMostSuggested ? suggest(pattern.value, names) : ""));
  }
  problems.throw_if_any();
  return chosen;
}

void freeze(Workload& workload, const Text& patterns) {
  std::vector<char> frozen =
      named(workload, patterns, "layer with parameters", [](const Layer& layer) { return has_parameters(layer.shape.kind); });
  // Tied layers share their weights: neither is trained where the other is not.
  for (std::size_t i = 0; i < frozen.size(); ++i)
    if (const int owner = workload.layers[i].tied_to; owner >= 0 && frozen[i] != 0) frozen[static_cast<std::size_t>(owner)] = 1;
  for (std::size_t i = 0; i < frozen.size(); ++i) {
    Layer& layer = workload.layers[i];
    if (frozen[i] != 0 || (layer.tied_to >= 0 && frozen[static_cast<std::size_t>(layer.tied_to)] != 0)) layer.frozen = true;
  }
}

}  // namespace

std::span<const std::string_view> adaptation_settings() { return kSettings; }

Workload with_adapters(const Workload& workload, std::int64_t rank, const Text& targets) {
  const std::vector<char> adapted =
      named(workload, targets, "dense layer", [](const Layer& layer) { return layer.shape.kind == LayerKind::dense; });
  Workload result = workload;
  result.layers.clear();
  std::vector<int> moved(workload.layers.size());  // where each layer's output is now
  const auto append = [&](Layer layer) {
    check_size(layer.shape, targets);
    result.layers.push_back(std::move(layer));
    return static_cast<int>(result.layers.size()) - 1;
  };
  std::vector<int> own(workload.layers.size());
  for (std::size_t i = 0; i < workload.layers.size(); ++i) {
    Layer layer = workload.layers[i];
    for (int& input : layer.inputs)
      if (input >= 0) input = moved[static_cast<std::size_t>(input)];
    if (layer.tied_to >= 0) layer.tied_to = own[static_cast<std::size_t>(layer.tied_to)];
    layer.frozen = has_parameters(layer.shape.kind);
    own[i] = moved[i] = append(layer);
    if (adapted[i] == 0) continue;
    Layer down = layer;
    down.name += "-lora-down";
    down.frozen = false;
    down.tied_to = -1;
    down.shape.bias = false;
    down.shape.output.channels = rank;
    Layer up = down;
    up.name = layer.name + "-lora-up";
    up.shape.input = down.shape.output;
    up.shape.output = layer.shape.output;
    up.inputs = {append(down)};
    const TensorShape& sum = layer.shape.output;
    moved[i] = append({.name = layer.name + "-lora",
                       .shape = {.kind = LayerKind::add, .input = sum, .output = sum, .operands = 2},
                       .inputs = {own[i], append(up)},
                       .block = layer.block});
  }
  return result;
}

void adapt(Workload& workload, std::span<const Text> settings) {
  const auto last = [&](std::string_view key) -> const Text* {
    const Text* found = nullptr;
    for (const Text& text : settings)
      if (text.key == key || text.key == "workload." + std::string(key)) found = &text;
    return found;
  };
  if (const Text* patterns = last("frozen")) freeze(workload, *patterns);
  const Text* rank = last("lora-rank");
  const Text* targets = last("lora-targets");
  if ((rank == nullptr) != (targets == nullptr)) {
    Text missing = rank != nullptr ? *rank : *targets;
    missing.key = rank != nullptr ? "workload.lora-targets" : "workload.lora-rank";
    missing.value.clear();
    throw BadInput(problem(missing, "is missing", rank != nullptr ? "dense layers, such as query,value" : "a whole number, such as 16"));
  }
  if (rank != nullptr) workload = with_adapters(workload, parse_integer(*rank, 1, kMostRank), *targets);
}

}  // namespace forerun
