#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/text.hpp"
#include "io/yaml.hpp"
#include "workloads/huggingface/config.hpp"

namespace forerun {

/// A `config.json` of the transformers library as a family and the values of its parameters.
struct HuggingFaceModel {
  std::string_view family;
  std::vector<Text> parameters;
  std::string name;               ///< that of the hub, without its owner; empty where the file knows none
  std::optional<Text> precision;  ///< of the weights, in our words
};

/// Whether a document is meant as one: it has a `model_type`, or `architectures`.
bool is_huggingface(const YamlNode& root);

/// The family of the model that a `config.json` describes. Its head is that of the first of `architectures`, without any: the language
/// model's, of BERT the masked words', of ViT the classifier's. The sequence is as long as the model has positions. Keys that do not
/// change what is counted are ignored. `torch_dtype` (or `dtype`) is the precision, and `_name_or_path` the name, unless it is a path. The
/// parameters are exactly those that the transformers library counts without weights; modules that it leaves out of its models
/// (DeepSeek-V3's prediction of a second token) are left out. BadInput, all at once: a model type that is not one of ours, an architecture
/// or activation that is not modelled, keys that would change the parameters in a way that is not modelled, values of a wrong type, zero,
/// negative or above 2^31.
HuggingFaceModel read_huggingface(const YamlNode& root);

// One file each: what the keys of these model types become.
void map_gpt2(HuggingFaceConfig& config);
void map_llama(HuggingFaceConfig& config);
void map_mistral(HuggingFaceConfig& config);
void map_mixtral(HuggingFaceConfig& config);
void map_bert(HuggingFaceConfig& config);
void map_vit(HuggingFaceConfig& config);
void map_deepseek_v2(HuggingFaceConfig& config);
void map_deepseek_v3(HuggingFaceConfig& config);

}  // namespace forerun
