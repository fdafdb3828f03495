#include <algorithm>

#include "workloads/huggingface/huggingface.hpp"

namespace forerun {
namespace {

/// Keys that BERT and ViT share.
void map_encoder(HuggingFaceConfig& config, double dropout) {
  config.pass("layers", "num_hidden_layers", 12);
  config.pass("hidden", "hidden_size", 768);
  config.pass("heads", "num_attention_heads", 12);
  config.pass("feed-forward", "intermediate_size", 3072);
  config.give("activation", "hidden_act", config.activation("hidden_act", "gelu"));
  const double most = std::max(config.number("hidden_dropout_prob", dropout), config.number("attention_probs_dropout_prob", dropout));
  config.give("dropout", "hidden_dropout_prob", most > 0 ? "true" : "false");
}

std::string_view bert_head(std::string_view architecture) {
  if (architecture == "Model") return "none";
  if (architecture == "ForPreTraining") return "pretraining";
  if (architecture == "ForNextSentencePrediction") return "next-sentence";
  if (architecture == "ForSequenceClassification" || architecture == "ForMultipleChoice") return "sequence-classes";
  if (architecture == "ForTokenClassification" || architecture == "ForQuestionAnswering") return "token-classes";
  return "masked-words";
}

}  // namespace

void map_bert(HuggingFaceConfig& config) {
  map_encoder(config, 0.1);
  config.refuse_if("position_embedding_type", "relative_key");
  config.refuse_if("position_embedding_type", "relative_key_query");
  const std::int64_t positions = config.pass("positions", "max_position_embeddings", 512);
  config.give("sequence", "max_position_embeddings", positions);
  config.pass("segments", "type_vocab_size", 2, 0);
  config.pass("vocabulary", "vocab_size", 30522);
  config.pass_flag("tied-embeddings", "tie_word_embeddings", true);
  config.give("spare-bias", "tie_word_embeddings", config.flag("tie_word_embeddings", true) ? "false" : "true");
  const std::string architecture =
      config.architecture("Bert",
                          {"ForMaskedLM", "LMHeadModel", "ForPreTraining", "Model", "ForNextSentencePrediction",
                           "ForSequenceClassification", "ForMultipleChoice", "ForTokenClassification", "ForQuestionAnswering"},
                          "ForMaskedLM");
  config.give("head", "architectures", std::string(bert_head(architecture)));
  config.give("classes", "id2label", architecture == "ForMultipleChoice" ? 1 : config.labels());
}

void map_vit(HuggingFaceConfig& config) {
  map_encoder(config, 0);
  const auto image = config.edges("image_size", 224);
  const auto patch = config.edges("patch_size", 16);
  config.give("image-size", "image_size", image.height);
  config.give("image-width", "image_size", image.width);
  config.give("patch-size", "patch_size", patch.height);
  config.give("patch-width", "patch_size", patch.width);
  config.pass("channels", "num_channels", 3);
  config.pass_flag("attention-bias", "qkv_bias", true);
  const std::string architecture = config.architecture("ViT", {"ForImageClassification", "Model"}, "ForImageClassification");
  config.give("head", "architectures", architecture == "Model" ? "pooled" : "classes");
  config.give("classes", "id2label", config.labels());
  if (config.has("pooler_output_size")) config.pass("pooler-channels", "pooler_output_size", 768);
}

}  // namespace forerun
