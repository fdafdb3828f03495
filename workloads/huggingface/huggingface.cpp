#include "workloads/huggingface/huggingface.hpp"

#include <array>

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

}  // namespace

bool is_huggingface(const YamlNode& root) { return root.find("model_type") != nullptr || root.find("architectures") != nullptr; }

HuggingFaceModel read_huggingface(const YamlNode& root) {
  const ModelType& type = model_type(root);
  HuggingFaceConfig config(root);
  config.refuse_if("is_encoder_decoder", "true");
  config.refuse_if("add_cross_attention", "true");
  type.map(config);
  return {type.family, config.take()};
}

}  // namespace forerun
