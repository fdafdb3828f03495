#include "workloads/huggingface/config.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "io/quantity.hpp"
#include "io/suggest.hpp"

namespace forerun {
namespace {

/// The functions of transformers' ACT2FN without parameters, and the one of ours that does as much arithmetic.
constexpr std::array<std::array<std::string_view, 2>, 20> kActivations{{
    {"gelu", "gelu"},
    {"gelu_10", "gelu"},
    {"gelu_accurate", "gelu"},
    {"gelu_fast", "gelu"},
    {"gelu_new", "gelu"},
    {"gelu_python", "gelu"},
    {"gelu_python_tanh", "gelu"},
    {"gelu_pytorch_tanh", "gelu"},
    {"hardswish", "silu"},
    {"laplace", "gelu"},
    {"leaky_relu", "relu"},
    {"linear", "linear"},
    {"mish", "gelu"},
    {"quick_gelu", "silu"},
    {"relu", "relu"},
    {"relu2", "squared-relu"},
    {"relu6", "relu"},
    {"sigmoid", "sigmoid"},
    {"silu", "silu"},
    {"swish", "silu"},
}};

constexpr const char* kWhole = "a whole number";

/// A scalar that is no string.
const Text& unquoted(const YamlNode& node, const std::string& wanted) {
  const Text& text = scalar(node);
  if (!node.quoted) return text;
  Text shown = text;
  shown.value = '"' + text.value + '"';
  throw BadInput(problem(shown, "is a string, not " + wanted));
}

}  // namespace

const YamlNode* HuggingFaceConfig::find(std::string_view key) const {
  const YamlNode* node = root_.find(key);
  return node != nullptr && node->kind != YamlNode::Kind::null ? node : nullptr;
}

bool HuggingFaceConfig::is_null(std::string_view key) const {
  const YamlNode* node = root_.find(key);
  return node != nullptr && node->kind == YamlNode::Kind::null;
}

std::int64_t HuggingFaceConfig::integer(std::string_view key, std::int64_t fallback, std::int64_t least, std::int64_t most) {
  if (const YamlNode* node = find(key)) problems_.collect([&] { fallback = parse_integer(unquoted(*node, kWhole), least, most); });
  return fallback;
}

double HuggingFaceConfig::number(std::string_view key, double fallback) {
  if (const YamlNode* node = find(key)) problems_.collect([&] { fallback = parse_number(unquoted(*node, "a number"), 0, 1); });
  return fallback;
}

bool HuggingFaceConfig::flag(std::string_view key, bool fallback) {
  const YamlNode* node = find(key);
  if (node == nullptr) return fallback;
  const auto read = [&] {
    const Text& text = unquoted(*node, "true or false");
    if (text.value != "true" && text.value != "false") throw BadInput(problem(text, "is no truth value", "true, false"));
    fallback = text.value == "true";
  };
  problems_.collect(read);
  return fallback;
}

HuggingFaceConfig::Edges HuggingFaceConfig::edges(std::string_view key, std::int64_t fallback) {
  const YamlNode* node = find(key);
  if (node == nullptr || node->kind != YamlNode::Kind::sequence) {
    const std::int64_t edge = integer(key, fallback);
    return {edge, edge};
  }
  Edges edges{fallback, fallback};
  problems_.collect([&] {
    if (node->children.size() != 2) throw BadInput(problem(node->text, "is no pair", "a number, or height and width"));
    edges = {parse_integer(unquoted(node->children[0], kWhole), 1, kMost), parse_integer(unquoted(node->children[1], kWhole), 1, kMost)};
  });
  return edges;
}

std::int64_t HuggingFaceConfig::labels() {
  if (has("num_labels")) return integer("num_labels", 2);
  const YamlNode* names = find("id2label");
  if (names == nullptr) return 2;
  if (names->kind == YamlNode::Kind::mapping && !names->children.empty()) return static_cast<std::int64_t>(names->children.size());
  problems_.add(problem(names->text, "names no labels", "a mapping from each label's number to its name"));
  return 2;
}

std::string HuggingFaceConfig::architecture(std::string_view prefix, std::initializer_list<std::string_view> known,
                                            std::string_view fallback) {
  const YamlNode* node = find("architectures");
  if (node == nullptr || (node->kind == YamlNode::Kind::sequence && node->children.empty())) return std::string(fallback);
  std::string found(fallback);
  problems_.collect([&] {
    const Text& text = scalar(items(*node).front());
    std::vector<std::string> names;
    for (const std::string_view each : known) {
      names.push_back(std::string(prefix) + std::string(each));
      if (text.value == names.back()) found = each;
    }
    const std::vector<std::string_view> views(names.begin(), names.end());
    if (text.value != std::string(prefix) + found)
      throw BadInput(problem(text, "unknown architecture", listed(views), suggest(text.value, views)));
  });
  return found;
}

std::string HuggingFaceConfig::activation(std::string_view key, std::string_view fallback) {
  const YamlNode* node = find(key);
  if (node == nullptr) return std::string(fallback);
  std::string found(fallback);
  problems_.collect([&] {
    const Text& text = scalar(*node);
    std::vector<std::string_view> names;
    names.reserve(kActivations.size() + 1);
    for (const auto& [name, ours] : kActivations) names.push_back(name);
    names.emplace_back("tanh");
    const auto* const at = std::ranges::find(kActivations, text.value, [](const auto& pair) { return pair[0]; });
    if (at == kActivations.end() && text.value != "tanh")
      throw BadInput(problem(text, "an activation that is not modelled", listed(names), suggest(text.value, names)));
    found = at == kActivations.end() ? "tanh" : (*at)[1];
  });
  return found;
}

void HuggingFaceConfig::give(std::string_view parameter, std::string_view key, std::string value) {
  const YamlNode* node = find(key);
  Text text = node != nullptr ? node->text : root_.text;
  text.value = std::move(value);
  text.key = parameter;
  given_.push_back(std::move(text));
}

std::int64_t HuggingFaceConfig::pass(std::string_view parameter, std::string_view key, std::int64_t fallback, std::int64_t least) {
  const std::int64_t value = integer(key, fallback, least);
  give(parameter, key, value);
  return value;
}

void HuggingFaceConfig::pass_flag(std::string_view parameter, std::string_view key, bool fallback) {
  give(parameter, key, flag(key, fallback) ? "true" : "false");
}

void HuggingFaceConfig::refuse(std::string_view key, const std::string& what, const std::string& allowed) {
  const YamlNode* node = find(key);
  Text text = node != nullptr ? node->text : root_.text;
  text.key = key;
  problems_.add(problem(text, what, allowed));
}

void HuggingFaceConfig::refuse_if(std::string_view key, std::string_view value) {
  const YamlNode* node = find(key);
  if (node != nullptr && node->kind == YamlNode::Kind::scalar && node->text.value == value)
    refuse(key, "would change the parameters in a way that is not modelled");
}

std::vector<Text> HuggingFaceConfig::take() {
  problems_.throw_if_any();
  return std::move(given_);
}

}  // namespace forerun
