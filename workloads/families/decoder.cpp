#include "workloads/families/decoder.hpp"

#include <array>

namespace forerun {
namespace {

int attend(GraphBuilder& net, const Decoder& d, int from) {
  int x = self_attention(net, d.attention, net.norm("attention-norm", d.norm, from));
  x = dropped(net, d.dropout, "attention-dropout", x);
  if (d.post_norms) x = net.norm("attention-post-norm", d.norm, x);
  return net.join("attention-residual", LayerKind::add, {from, x});
}

int transform(GraphBuilder& net, const Decoder& d, int from) {
  int x = net.norm("feed-forward-norm", d.norm, from);
  x = d.experts.count > 0 ? mixture_of_experts(net, d.feed_forward, d.experts, x) : feed_forward(net, d.feed_forward, x);
  x = dropped(net, d.dropout, "feed-forward-dropout", x);
  if (d.post_norms) x = net.norm("feed-forward-post-norm", d.norm, x);
  return net.join("feed-forward-residual", LayerKind::add, {from, x});
}

LayerKind read_norm(FamilyParameters& p, LayerKind fallback) {
  static constexpr std::array<std::string_view, 2> kNorms = {"layer-norm", "rms-norm"};
  return p.choice("norm", kNorms, fallback == LayerKind::rms_norm ? 1 : 0) == 1 ? LayerKind::rms_norm : LayerKind::layer_norm;
}

}  // namespace

Decoder read_decoder(FamilyParameters& p, Decoder d, std::int64_t (*feed_forward)(std::int64_t)) {
  static constexpr std::array<std::string_view, 3> kPositions = {"learned", "rotary", "none"};
  d.layers = p.integer("layers", d.layers, 1, kMostTransformerLayers);
  d.hidden = p.integer("hidden", d.hidden);
  read_heads(p, d.hidden, d.attention);
  d.feed_forward.channels = p.integer("feed-forward", feed_forward(d.hidden));
  d.feed_forward.gated = p.flag("gated", d.feed_forward.gated);
  d.feed_forward.activation = read_activation(p, d.feed_forward.activation);
  d.experts = read_experts(p, d.experts);
  d.sequence = p.integer("sequence", d.sequence);
  d.vocabulary = p.integer("vocabulary", d.vocabulary, 2);
  d.positions = static_cast<Decoder::Positions>(p.choice("position-embedding", kPositions, static_cast<std::size_t>(d.positions)));
  d.attention.rotary = d.positions == Decoder::Positions::rotary;
  if (d.positions == Decoder::Positions::learned) d.position_rows = p.integer("positions", d.sequence);
  d.norm = read_norm(p, d.norm);
  d.post_norms = p.flag("post-norms", d.post_norms);
  d.attention.bias = read_bias(p, "attention-bias", d.attention.bias);
  d.attention.projection_bias = read_bias(p, "projection-bias", d.attention.projection_bias);
  d.feed_forward.bias = read_bias(p, "feed-forward-bias", d.feed_forward.bias);
  d.tied = p.flag("tied-embeddings", d.tied);
  d.attention.dropout = p.flag("dropout", d.dropout == Dropout::present);
  d.dropout = dropout_if(d.attention.dropout);
  d.head = read_head(p);
  d.classes = p.integer("classes", d.classes);
  if (d.positions == Decoder::Positions::learned && d.position_rows < d.sequence)
    p.refuse({"positions", "are fewer than the sequence has", "at least " + std::to_string(d.sequence)},
             {"sequence", "is longer than the positions", "at most " + std::to_string(d.position_rows)});
  p.finish();
  return d;
}

Workload build_decoder(const std::string& name, const Decoder& d, const Text& where) {
  GraphBuilder net(name, {.width = d.sequence}, where);
  const int tokens = net.embedding("token-embedding", kData, d.vocabulary, d.hidden, d.sequence);
  int x = tokens;
  if (d.positions == Decoder::Positions::learned) {
    const int positions = net.position_embedding("position-embedding", d.position_rows, d.hidden, d.sequence);
    x = net.join("embedding", LayerKind::add, {tokens, positions});
  }
  x = dropped(net, d.dropout, "embedding-dropout", x);
  for (std::int64_t i = 0; i < d.layers; ++i) {
    net.begin_block("block");
    x = transform(net, d, attend(net, d, x));
    net.end_block();
  }
  x = net.norm("final-norm", d.norm, x);
  end_with(net, {.head = d.head, .vocabulary = d.vocabulary, .classes = d.classes, .tied_to = d.tied ? tokens : kData}, x);
  net.workload().tokens_per_sample = d.sequence;
  return std::move(net).take();
}

}  // namespace forerun
