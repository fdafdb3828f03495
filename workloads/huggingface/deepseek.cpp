#include <algorithm>

#include "workloads/huggingface/huggingface.hpp"

namespace forerun {
namespace {

/// What differs between the two versions, as their configurations have it without a key.
struct Version {
  std::string_view prefix;
  std::int64_t vocabulary, hidden, feed_forward, expert, layers, heads, shared, experts, chosen, dense_layers, positions;
};

void map_deepseek(HuggingFaceConfig& config, const Version& v) {
  config.pass("layers", "num_hidden_layers", v.layers);
  config.pass("hidden", "hidden_size", v.hidden);
  config.pass("heads", "num_attention_heads", v.heads);
  config.give("query-rank", "q_lora_rank", config.is_null("q_lora_rank") ? 0 : config.integer("q_lora_rank", 1536));
  config.pass("key-value-rank", "kv_lora_rank", 512);
  config.pass("head-channels", "qk_nope_head_dim", 128);
  config.pass("rope-channels", "qk_rope_head_dim", 64);
  config.pass("value-channels", "v_head_dim", 128);
  config.pass_flag("attention-bias", "attention_bias", false);
  config.pass("feed-forward", "intermediate_size", v.feed_forward);
  config.pass("expert-feed-forward", "moe_intermediate_size", v.expert);
  const std::string_view other = v.prefix == "DeepseekV2" ? "num_experts" : "num_local_experts";
  const std::int64_t experts = config.pass("experts", config.has(other) ? other : "n_routed_experts", v.experts);
  config.pass("top-k", "num_experts_per_tok", std::min(v.chosen, experts));
  config.pass("shared-experts", "n_shared_experts", config.is_null("n_shared_experts") ? 0 : v.shared, 0);
  config.pass("dense-layers", "first_k_dense_replace", v.dense_layers, 0);
  // Read by the models' own code alone: the transformers library's has experts in every block after the dense ones.
  config.pass("experts-every", "moe_layer_freq", 1);
  config.pass("vocabulary", "vocab_size", v.vocabulary);
  config.pass("sequence", "max_position_embeddings", v.positions);
  config.pass_flag("tied-embeddings", "tie_word_embeddings", false);
  config.give("activation", "hidden_act", config.activation("hidden_act", "silu"));
  const std::string head =
      config.architecture(v.prefix, {"ForCausalLM", "Model", "ForSequenceClassification", "ForTokenClassification"}, "ForCausalLM");
  if (head == "Model") config.give("head", "architectures", "none");
  if (head == "ForSequenceClassification") config.give("head", "architectures", "sequence-classes");
  if (head == "ForTokenClassification") config.give("head", "architectures", "token-classes");
  config.give("classes", "id2label", config.labels());
}

}  // namespace

void map_deepseek_v2(HuggingFaceConfig& config) {
  // Without `num_experts_per_tok` the library has no number of experts either: 6 is that of DeepSeek-V2.
  map_deepseek(config, {.prefix = "DeepseekV2",
                        .vocabulary = 102400,
                        .hidden = 4096,
                        .feed_forward = 11008,
                        .expert = 1407,
                        .layers = 32,
                        .heads = 32,
                        .shared = 2,
                        .experts = 64,
                        .chosen = 6,
                        .dense_layers = 0,
                        .positions = 2048});
  config.pass_flag("feed-forward-bias", "mlp_bias", false);
  config.give("router", "scoring_func", "softmax");
}

void map_deepseek_v3(HuggingFaceConfig& config) {
  map_deepseek(config, {.prefix = "DeepseekV3",
                        .vocabulary = 129280,
                        .hidden = 7168,
                        .feed_forward = 18432,
                        .expert = 2048,
                        .layers = 61,
                        .heads = 128,
                        .shared = 1,
                        .experts = 256,
                        .chosen = 8,
                        .dense_layers = 3,
                        .positions = 4096});
  config.give("router", "scoring_func", "sigmoid");
}

}  // namespace forerun
