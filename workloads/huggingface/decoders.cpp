#include <algorithm>

#include "workloads/huggingface/huggingface.hpp"

namespace forerun {
namespace {

/// `language_model` is what the class with that head is called after the model's prefix.
void give_head(HuggingFaceConfig& config, std::string_view prefix, std::string_view language_model) {
  const std::string head = config.architecture(
      prefix, {language_model, "Model", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering"}, language_model);
  if (head == "Model") config.give("head", "architectures", "none");
  if (head == "ForSequenceClassification") config.give("head", "architectures", "sequence-classes");
  if (head == "ForTokenClassification" || head == "ForQuestionAnswering") config.give("head", "architectures", "token-classes");
  config.give("classes", "id2label", head == "ForQuestionAnswering" ? 2 : config.labels());
}

struct LlamaFallbacks {
  std::int64_t feed_forward, key_heads, positions;  ///< key_heads 0: as many as heads
};

/// Keys that Llama, Mistral and Mixtral share.
void map_rotary(HuggingFaceConfig& config, std::string_view prefix, const LlamaFallbacks& fallback) {
  const std::int64_t heads = config.pass("heads", "num_attention_heads", 32);
  config.pass("layers", "num_hidden_layers", 32);
  config.pass("hidden", "hidden_size", 4096);
  config.pass("feed-forward", "intermediate_size", fallback.feed_forward);
  const bool shared = fallback.key_heads > 0 && !config.is_null("num_key_value_heads");
  config.pass("kv-heads", "num_key_value_heads", shared ? fallback.key_heads : heads);
  if (config.has("head_dim")) config.pass("head-channels", "head_dim", 128);
  config.pass("vocabulary", "vocab_size", 32000);
  config.pass("sequence", "max_position_embeddings", fallback.positions);
  config.pass_flag("tied-embeddings", "tie_word_embeddings", false);
  config.give("activation", "hidden_act", config.activation("hidden_act", "silu"));
  config.give("dropout", "attention_dropout", "false");
  give_head(config, prefix, "ForCausalLM");
}

}  // namespace

void map_gpt2(HuggingFaceConfig& config) {
  // The names of other models' configurations are read too, and win.
  const auto key = [&](std::string_view own, std::string_view common) { return config.has(common) ? common : own; };
  const std::int64_t hidden = config.pass("hidden", key("n_embd", "hidden_size"), 768);
  config.pass("layers", key("n_layer", "num_hidden_layers"), 12);
  config.pass("heads", key("n_head", "num_attention_heads"), 12);
  const std::int64_t positions = config.pass("positions", key("n_positions", "max_position_embeddings"), 1024);
  config.give("sequence", key("n_positions", "max_position_embeddings"), positions);
  config.pass("feed-forward", "n_inner", 4 * hidden);
  config.pass("vocabulary", "vocab_size", 50257);
  config.pass_flag("tied-embeddings", "tie_word_embeddings", true);
  config.give("activation", "activation_function", config.activation("activation_function", "gelu"));
  const double dropout = std::max({config.number("resid_pdrop", 0.1), config.number("embd_pdrop", 0.1), config.number("attn_pdrop", 0.1)});
  config.give("dropout", "resid_pdrop", dropout > 0 ? "true" : "false");
  give_head(config, "GPT2", "LMHeadModel");
}

void map_llama(HuggingFaceConfig& config) {
  map_rotary(config, "Llama", {.feed_forward = 11008, .key_heads = 0, .positions = 2048});
  config.pass_flag("attention-bias", "attention_bias", false);
  config.pass_flag("projection-bias", "attention_bias", false);
  config.pass_flag("feed-forward-bias", "mlp_bias", false);
}

void map_mistral(HuggingFaceConfig& config) { map_rotary(config, "Mistral", {.feed_forward = 14336, .key_heads = 8, .positions = 131072}); }

void map_mixtral(HuggingFaceConfig& config) {
  map_rotary(config, "Mixtral", {.feed_forward = 14336, .key_heads = 8, .positions = 131072});
  const std::string_view experts = config.has("num_experts") ? "num_experts" : "num_local_experts";
  config.pass("experts", experts, 8);
  config.pass("top-k", "num_experts_per_tok", 2);
}

}  // namespace forerun
