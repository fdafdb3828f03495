#include "workloads/families/transformer.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace forerun {

int activate(GraphBuilder& net, Activation activation, int from, std::string_view prefix) {
  const auto named = [&](std::string_view name) { return std::string(prefix) + std::string(name); };
  const auto layer = [&](LayerKind kind) { return net.elementwise(named(to_string(kind)), kind, from); };
  switch (activation) {
    case Activation::gelu: return layer(LayerKind::gelu);
    case Activation::silu: return layer(LayerKind::silu);
    case Activation::relu: return layer(LayerKind::relu);
    case Activation::sigmoid: return layer(LayerKind::sigmoid);
    case Activation::tanh: return layer(LayerKind::tanh);
    case Activation::squared_relu: {
      const int positive = layer(LayerKind::relu);
      return net.join(named("square"), LayerKind::multiply, {positive, positive});
    }
    case Activation::linear: break;
  }
  return from;
}

int self_attention(GraphBuilder& net, const SelfAttention& a, int from) {
  const std::int64_t hidden = net.shape_of(from).channels;
  int query = net.dense("query", from, a.heads * a.head_channels, a.bias);
  int key = net.dense("key", from, a.key_heads * a.head_channels, a.bias);
  const int value = net.dense("value", from, a.key_heads * a.head_channels, a.bias);
  if (a.rotary) {
    query = net.elementwise("query-rotary", LayerKind::rotary, query);
    key = net.elementwise("key-rotary", LayerKind::rotary, key);
  }
  const int mixed = net.attention("attention", query, key, value,
                                  {.heads = a.heads,
                                   .key_heads = a.key_heads,
                                   .key_channels = a.head_channels,
                                   .value_channels = a.head_channels,
                                   .method = a.method,
                                   .dropout = a.dropout});
  return net.dense("projection", mixed, hidden, a.projection_bias);
}

namespace {

/// The layers of one feed-forward, or of `experts` at once.
int transform(GraphBuilder& net, const FeedForward& f, std::int64_t experts, std::string_view prefix, int from) {
  const auto named = [&](std::string_view name) { return std::string(prefix) + std::string(name); };
  const auto project = [&](std::string_view name, int input, std::int64_t outputs) {
    return experts > 0 ? net.expert_dense(named(name), input, outputs, experts, f.bias) : net.dense(named(name), input, outputs, f.bias);
  };
  const std::int64_t hidden = net.shape_of(from).channels;
  int wide = 0;
  if (f.gated) {
    const int gate = activate(net, f.activation, project("gate", from, f.channels), prefix);
    wide = net.join(named("gating"), LayerKind::multiply, {gate, project("up", from, f.channels)});
  } else {
    wide = activate(net, f.activation, project("up", from, f.channels), prefix);
  }
  return project("down", wide, hidden);
}

}  // namespace

int feed_forward(GraphBuilder& net, const FeedForward& layer, int from, std::string_view prefix) {
  return transform(net, layer, 0, prefix, from);
}

int mixture_of_experts(GraphBuilder& net, const FeedForward& expert, const Experts& experts, int from) {
  const int scores = net.elementwise("router-scores", experts.scores, net.dense("router", from, experts.count, Bias::none));
  const int sent = net.dispatch("dispatch", from, scores, experts.chosen);
  return net.combine("combine", transform(net, expert, experts.count, "expert-", sent), scores, experts.chosen);
}

void class_loss(GraphBuilder& net, int logits) {
  const bool several = net.shape_of(logits).channels > 1;
  net.loss("loss", several ? LayerKind::softmax_cross_entropy : LayerKind::squared_error, logits);
}

void end_with(GraphBuilder& net, const Ending& ending, int from) {
  switch (ending.head) {
    case Head::language_model:
      return class_loss(net, ending.tied_to != kData ? net.tied_dense("head", from, ending.tied_to)
                                                     : net.dense("head", from, ending.vocabulary, Bias::none));
    case Head::token_classes: return class_loss(net, net.dense("classifier", from, ending.classes));
    case Head::sequence_classes:
      return class_loss(net, positions_of(net, "last-token", net.dense("classifier", from, ending.classes, Bias::none), 1));
    case Head::none: net.loss("loss", LayerKind::squared_error, from);
  }
}

int dropped(GraphBuilder& net, Dropout dropout, std::string_view name, int from) {
  return dropout == Dropout::present ? net.elementwise(name, LayerKind::dropout, from) : from;
}

int positions_of(GraphBuilder& net, std::string_view name, int from, std::int64_t positions) {
  return net.reshape(name, from, {.channels = net.shape_of(from).channels, .width = positions});
}

void read_heads(FamilyParameters& p, std::int64_t hidden, SelfAttention& attention) {
  static constexpr std::array<std::string_view, 3> kMethods = {"flash", "fused", "unfused"};
  static constexpr std::int64_t kMostHeads = 1 << 20;
  attention.heads = p.integer("heads", attention.heads, 1, kMostHeads);
  attention.key_heads = p.integer("kv-heads", attention.heads, 1, kMostHeads);
  attention.head_channels = p.integer("head-channels", std::max<std::int64_t>(hidden / attention.heads, 1), 1, 1 << 20);
  attention.method = static_cast<AttentionMethod>(p.choice("attention", kMethods, 0));
  if (!p.has("head-channels") && hidden % attention.heads != 0)
    p.refuse({"heads", "the heads do not divide the hidden size", "a divisor of " + std::to_string(hidden)},
             {"hidden", "is not divided by the heads", "a multiple of " + std::to_string(attention.heads)});
  if (attention.heads % attention.key_heads != 0)
    p.refuse({"kv-heads", "they do not divide the heads", "a divisor of " + std::to_string(attention.heads)},
             {"heads", "are not divided by the key and value heads", "a multiple of " + std::to_string(attention.key_heads)});
}

Activation read_activation(FamilyParameters& p, Activation fallback) {
  static constexpr std::array<std::string_view, 7> kNames = {"gelu", "silu", "relu", "squared-relu", "sigmoid", "tanh", "linear"};
  return static_cast<Activation>(p.choice("activation", kNames, static_cast<std::size_t>(fallback)));
}

Head read_head(FamilyParameters& p) {
  static constexpr std::array<std::string_view, 4> kNames = {"language-model", "token-classes", "sequence-classes", "none"};
  return static_cast<Head>(p.choice("head", kNames, 0));
}

Experts read_experts(FamilyParameters& p, const Experts& fallback) {
  static constexpr std::int64_t kMostExperts = 1 << 20;
  Experts experts = fallback;
  experts.count = p.integer("experts", fallback.count, 0, kMostExperts);
  const std::int64_t most = std::max<std::int64_t>(experts.count, 1);
  experts.chosen = p.integer("top-k", std::min(fallback.chosen, most), 1, kMostExperts);
  if (experts.chosen > most)
    p.refuse({"top-k", "is more than the experts", "at most " + std::to_string(most)},
             {"experts", "are fewer than each token goes to", "at least " + std::to_string(experts.chosen)});
  return experts;
}

Bias read_bias(FamilyParameters& p, std::string_view key, Bias fallback) {
  return p.flag(key, fallback == Bias::present) ? Bias::present : Bias::none;
}

}  // namespace forerun
