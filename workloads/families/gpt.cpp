#include "workloads/families/family.hpp"
#include "workloads/graph_builder.hpp"

namespace forerun {

namespace {

struct Gpt {
  std::int64_t layers, hidden, heads, feed_forward, sequence, vocabulary, positions;
  bool tied, dropout;
};

Gpt read(FamilyParameters& p) {
  Gpt g{};
  g.layers = p.integer("layers", 12, 1, 1 << 16);
  g.hidden = p.integer("hidden", 768);
  g.heads = p.integer("heads", 12);
  g.feed_forward = p.integer("feed-forward", 4 * g.hidden);
  g.sequence = p.integer("sequence", 1024);
  g.vocabulary = p.integer("vocabulary", 50257);
  g.positions = p.integer("positions", g.sequence);
  g.tied = p.flag("tied-embeddings", true);
  g.dropout = p.flag("dropout", true);
  if (g.hidden % g.heads != 0) p.refuse("heads", "the heads do not divide the hidden size", "a divisor of " + std::to_string(g.hidden));
  if (g.positions < g.sequence) p.refuse("positions", "are fewer than the sequence has", "at least " + std::to_string(g.sequence));
  p.finish();
  return g;
}

int dropped(GraphBuilder& net, const Gpt& g, std::string_view name, int from) {
  return g.dropout ? net.elementwise(name, LayerKind::dropout, from) : from;
}

int attend(GraphBuilder& net, const Gpt& g, int from) {
  const int normed = net.norm("attention-norm", LayerKind::layer_norm, from);
  const int query = net.dense("query", normed, g.hidden);
  const int key = net.dense("key", normed, g.hidden);
  const int value = net.dense("value", normed, g.hidden);
  const std::int64_t channels = g.hidden / g.heads;
  const int mixed = net.attention("attention", query, key, value, {g.heads, g.heads, channels, channels, g.sequence});
  const int projected = dropped(net, g, "attention-dropout", net.dense("projection", mixed, g.hidden));
  return net.join("attention-residual", LayerKind::add, {from, projected});
}

int feed_forward(GraphBuilder& net, const Gpt& g, int from) {
  const int normed = net.norm("feed-forward-norm", LayerKind::layer_norm, from);
  const int wide = net.elementwise("gelu", LayerKind::gelu, net.dense("up", normed, g.feed_forward));
  const int narrow = dropped(net, g, "feed-forward-dropout", net.dense("down", wide, g.hidden));
  return net.join("feed-forward-residual", LayerKind::add, {from, narrow});
}

}  // namespace

/// Radford et al., "Language Models are Unsupervised Multitask Learners" (2019): norms before each half of a block and one at the end,
/// learned positions, the head tied to the token embedding. Biases everywhere.
Workload build_gpt(const std::string& name, FamilyParameters& parameters) {
  const Gpt g = read(parameters);
  GraphBuilder net(name, {.width = g.sequence}, parameters.where());
  const int tokens = net.embedding("token-embedding", kData, g.vocabulary, g.hidden, g.sequence);
  const int positions = net.embedding("position-embedding", kData, g.positions, g.hidden, g.sequence);
  int x = dropped(net, g, "embedding-dropout", net.join("embedding", LayerKind::add, {tokens, positions}));
  for (std::int64_t i = 0; i < g.layers; ++i) {
    net.begin_block("block");
    x = feed_forward(net, g, attend(net, g, x));
    net.end_block();
  }
  x = net.norm("final-norm", LayerKind::layer_norm, x);
  const int logits = g.tied ? net.tied_dense("head", x, tokens) : net.dense("head", x, g.vocabulary, Bias::none);
  net.loss("loss", LayerKind::softmax_cross_entropy, logits);
  net.workload().tokens_per_sample = g.sequence;
  return std::move(net).take();
}

}  // namespace forerun
