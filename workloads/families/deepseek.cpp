#include <array>

#include "workloads/families/family.hpp"
#include "workloads/families/transformer.hpp"

namespace forerun {
namespace {

struct Deepseek {
  std::int64_t layers, hidden, heads, query_rank, key_value_rank, head_channels, rope_channels, value_channels;
  std::int64_t sequence, vocabulary, dense_layers, experts_every, shared_experts, prediction_depth, classes;
  FeedForward feed_forward, expert;
  Experts experts;
  AttentionMethod method;
  Bias attention_bias;
  Head head;
  bool tied;
};

void read_latent_attention(FamilyParameters& p, Deepseek& d) {
  static constexpr std::array<std::string_view, 3> kMethods = {"flash", "fused", "unfused"};
  static constexpr std::int64_t kMost = 1 << 20;
  d.heads = p.integer("heads", 128, 1, kMost);
  d.query_rank = p.integer("query-rank", 1536, 0);
  d.key_value_rank = p.integer("key-value-rank", 512);
  d.head_channels = p.integer("head-channels", 128, 1, kMost);
  d.rope_channels = p.integer("rope-channels", 64, 1, kMost);
  d.value_channels = p.integer("value-channels", 128, 1, kMost);
  d.method = static_cast<AttentionMethod>(p.choice("attention", kMethods, 0));
  d.attention_bias = read_bias(p, "attention-bias", Bias::none);
}

void read_feed_forward(FamilyParameters& p, Deepseek& d) {
  static constexpr std::array<std::string_view, 2> kScores = {"softmax", "sigmoid"};
  d.feed_forward = {
      .gated = true, .activation = read_activation(p, Activation::silu), .bias = read_bias(p, "feed-forward-bias", Bias::none)};
  d.feed_forward.channels = p.integer("feed-forward", 18432);
  d.experts = read_experts(p, {.count = 256, .chosen = 8});
  d.experts.scores = p.choice("router", kScores, 1) == 1 ? LayerKind::sigmoid : LayerKind::softmax;
  d.expert = {
      .channels = p.integer("expert-feed-forward", 2048), .gated = true, .activation = d.feed_forward.activation, .bias = Bias::none};
  d.shared_experts = p.integer("shared-experts", 1, 0, 1 << 20);
  d.dense_layers = p.integer("dense-layers", 3, 0);
  d.experts_every = p.integer("experts-every", 1);
}

Deepseek read(FamilyParameters& p) {
  Deepseek d{};
  d.layers = p.integer("layers", 61, 1, kMostTransformerLayers);
  d.hidden = p.integer("hidden", 7168);
  read_latent_attention(p, d);
  read_feed_forward(p, d);
  d.sequence = p.integer("sequence", 4096);
  d.vocabulary = p.integer("vocabulary", 129280, 2);
  d.tied = p.flag("tied-embeddings", false);
  d.prediction_depth = p.integer("prediction-depth", 0, 0, 1 << 10);
  d.head = read_head(p);
  d.classes = p.integer("classes", 2);
  if (d.prediction_depth > 0 && d.head != Head::language_model)
    p.refuse("prediction-depth", "only a language model predicts further tokens");
  p.finish();
  return d;
}

/// Queries by a low rank, or at once where it is 0.
int queries(GraphBuilder& net, const Deepseek& d, int from) {
  const std::int64_t channels = d.heads * (d.head_channels + d.rope_channels);
  int query = from;
  if (d.query_rank > 0) query = net.norm("query-norm", LayerKind::rms_norm, net.dense("query-down", from, d.query_rank, d.attention_bias));
  query = net.dense(d.query_rank > 0 ? "query-up" : "query", query, channels, Bias::none);
  return net.elementwise("query-rotary", LayerKind::rotary, query);
}

/// Keys and values of every head from one vector of low rank; each key ends in a part that turns with its position and is the same for
/// all heads. The two down-projections are one matrix in most implementations, and so are those up.
int latent_attention(GraphBuilder& net, const Deepseek& d, int from) {
  const int query = queries(net, d, from);
  int latent = net.dense("key-value-down", from, d.key_value_rank, d.attention_bias);
  latent = net.norm("key-value-norm", LayerKind::rms_norm, latent);
  const int turned = net.elementwise("key-rotary", LayerKind::rotary, net.dense("key-rope", from, d.rope_channels, d.attention_bias));
  const int fixed = net.dense("key-up", latent, d.heads * d.head_channels, Bias::none);
  const std::int64_t channels = d.head_channels + d.rope_channels;
  LayerShape joined{.kind = LayerKind::concat, .input = net.shape_of(fixed), .output = net.shape_of(fixed), .operands = 2};
  joined.output.channels = d.heads * channels;
  const int key = net.layer("key", joined, {fixed, turned});
  const int value = net.dense("value-up", latent, d.heads * d.value_channels, Bias::none);
  const int mixed = net.attention(
      "attention", query, key, value,
      {.heads = d.heads, .key_heads = d.heads, .key_channels = channels, .value_channels = d.value_channels, .method = d.method});
  return net.dense("projection", mixed, d.hidden, d.attention_bias);
}

int experts(GraphBuilder& net, const Deepseek& d, int from) {
  const int routed = mixture_of_experts(net, d.expert, d.experts, from);
  if (d.shared_experts == 0) return routed;
  FeedForward shared = d.feed_forward;
  shared.channels = d.shared_experts * d.expert.channels;
  return net.join("experts", LayerKind::add, {routed, feed_forward(net, shared, from, "shared-")});
}

enum class Feed { dense, experts };

int block(GraphBuilder& net, const Deepseek& d, Feed feed, int x) {
  const int attended = latent_attention(net, d, net.norm("attention-norm", LayerKind::rms_norm, x));
  x = net.join("attention-residual", LayerKind::add, {x, attended});
  const int normed = net.norm("feed-forward-norm", LayerKind::rms_norm, x);
  const int made = feed == Feed::dense ? feed_forward(net, d.feed_forward, normed) : experts(net, d, normed);
  return net.join("feed-forward-residual", LayerKind::add, {x, made});
}

/// Modules that predict the tokens after the next, one after the other: each reads the tokens' embeddings again and the block before it,
/// and shares the main head [DeepSeek-AI 2024, DeepSeek-V3, sec. 2.2].
void predict_further(GraphBuilder& net, const Deepseek& d, int x, int tokens, int head) {
  for (std::int64_t depth = 1; depth <= d.prediction_depth; ++depth) {
    net.begin_block("prediction");
    const int again = net.embedding("token-embedding", kData, d.vocabulary, d.hidden, d.sequence);
    net.tie(again, tokens);
    const int both =
        net.concat("pair", {net.norm("hidden-norm", LayerKind::rms_norm, x), net.norm("token-norm", LayerKind::rms_norm, again)});
    x = block(net, d, Feed::experts, net.dense("merge", both, d.hidden, Bias::none));
    const int logits = net.dense("head", net.norm("final-norm", LayerKind::rms_norm, x), d.vocabulary, Bias::none);
    net.tie(logits, head);
    class_loss(net, logits);
    net.end_block();
  }
}

}  // namespace

/// DeepSeek-AI, "DeepSeek-V2" (2024), sec. 2 and "DeepSeek-V3 Technical Report" (2024), sec. 2: latent attention, a few dense blocks, then
/// blocks of routed and shared experts. Fallbacks are V3's without its module that predicts a second token.
Workload build_deepseek(const std::string& name, FamilyParameters& parameters) {
  const Deepseek d = read(parameters);
  GraphBuilder net(name, {.width = d.sequence}, parameters.where());
  const int tokens = net.embedding("token-embedding", kData, d.vocabulary, d.hidden, d.sequence);
  int x = tokens;
  for (std::int64_t i = 0; i < d.layers; ++i) {
    const bool routed = d.experts.count > 0 && i >= d.dense_layers && i % d.experts_every == 0;
    net.begin_block(routed ? "block" : "dense-block");
    x = block(net, d, routed ? Feed::experts : Feed::dense, x);
    net.end_block();
  }
  end_with(net, {.head = d.head, .vocabulary = d.vocabulary, .classes = d.classes, .tied_to = d.tied ? tokens : kData},
           net.norm("final-norm", LayerKind::rms_norm, x));
  const int head = net.size() - 2;  // before its loss
  predict_further(net, d, x, tokens, d.tied ? tokens : head);
  net.workload().tokens_per_sample = d.sequence;
  return std::move(net).take();
}

}  // namespace forerun
