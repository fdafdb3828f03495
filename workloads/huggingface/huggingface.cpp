#include "workloads/huggingface/huggingface.hpp"

#include <array>
#include <utility>

#include "io/suggest.hpp"

namespace forerun {
namespace {

struct ModelType {
  std::string_view name;
  std::string_view family;
  void (*map)(HuggingFaceConfig& config);
};

constexpr std::array kModelTypes{
    ModelType{"bert", "bert", map_bert},
    ModelType{"deepseek_v2", "deepseek", map_deepseek_v2},
    ModelType{"deepseek_v3", "deepseek", map_deepseek_v3},
    ModelType{"gpt2", "gpt", map_gpt2},
    ModelType{"llama", "llama", map_llama},
    ModelType{"mistral", "llama", map_mistral},
    ModelType{"mixtral", "llama", map_mixtral},
    ModelType{"vit", "vit", map_vit},
};

const ModelType& model_type(const YamlNode& root) {
  std::vector<std::string_view> names;
  names.reserve(std::size(kModelTypes));
  for (const ModelType& type : kModelTypes) names.push_back(type.name);
  const YamlNode* node = root.find("model_type");
  if (node == nullptr) {
    Text where = root.text;
    where.key = "model_type";
    throw BadInput(problem(where, "is missing", listed(names)));
  }
  const Text& text = scalar(*node);
  for (const ModelType& type : kModelTypes)
    if (type.name == text.value) return type;
  throw BadInput(problem(text, "unknown model type", listed(names), suggest(text.value, names)));
}

/// The name behind its owner (`meta-llama/Llama-2-7b-hf`). What is written in any other way is a path on somebody's disk.
std::string hub_name(const YamlNode& root) {
  const YamlNode* node = root.find("_name_or_path");
  if (node == nullptr || node->kind != YamlNode::Kind::scalar) return "";
  const std::string& name = node->text.value;
  const auto slash = name.find('/');
  if (name.starts_with('.') || name.starts_with('/') || name.starts_with('~') || slash != name.rfind('/')) return "";
  return slash == std::string::npos ? name : name.substr(slash + 1);
}

/// The type of the weights in our words.
std::optional<Text> precision(const YamlNode& root) {
  using Pair = std::pair<std::string_view, std::string_view>;
  static constexpr std::array kTypes{Pair{"bfloat16", "bf16"}, Pair{"float16", "fp16"}, Pair{"float32", "fp32"}, Pair{"float64", "fp64"},
                                     Pair{"float8_e4m3fn", "fp8"}};
  const YamlNode* node = root.find("torch_dtype");
  if (node == nullptr) node = root.find("dtype");
  if (node == nullptr || node->kind == YamlNode::Kind::null) return std::nullopt;
  Text text = scalar(*node);
  if (text.value == "auto") return std::nullopt;
  std::vector<std::string_view> names;
  for (const auto& [type, ours] : kTypes) {
    names.push_back(type);
    if (text.value != type && text.value != "torch." + std::string(type)) continue;
    text.value = ours;
    return text;
  }
  throw BadInput(problem(text, "unknown type of weights", listed(names), suggest(text.value, names)));
}

}  // namespace

bool is_huggingface(const YamlNode& root) { return root.find("model_type") != nullptr || root.find("architectures") != nullptr; }

HuggingFaceModel read_huggingface(const YamlNode& root) {
  const ModelType& type = model_type(root);
  HuggingFaceConfig config(root);
  config.refuse_if("is_encoder_decoder", "true");
  config.refuse_if("add_cross_attention", "true");
  type.map(config);
  Problems problems;
  HuggingFaceModel model{.family = type.family, .name = hub_name(root)};
  problems.collect([&] { model.parameters = config.take(); });
  problems.collect([&] { model.precision = precision(root); });
  problems.throw_if_any();
  return model;
}

}  // namespace forerun
