#include <array>

#include "workloads/families/family.hpp"
#include "workloads/families/transformer.hpp"

namespace forerun {
namespace {

/// What BERT is trained for. `none` has a pooler but no loss of its own.
enum class BertHead { pretraining, masked_words, next_sentence, sequence_classes, token_classes, none };

struct Bert {
  std::int64_t layers, hidden, sequence, positions, vocabulary, segments, classes, predictions;
  SelfAttention attention;
  FeedForward feed_forward;
  BertHead head;
  bool tied, spare_bias;
  Dropout dropout;

  [[nodiscard]] bool predicts_words() const { return head == BertHead::pretraining || head == BertHead::masked_words; }
  [[nodiscard]] bool pools() const { return head != BertHead::masked_words && head != BertHead::token_classes; }
};

BertHead read_bert_head(FamilyParameters& p) {
  static constexpr std::array<std::string_view, 6> kNames = {"pretraining",      "masked-words",  "next-sentence",
                                                             "sequence-classes", "token-classes", "none"};
  return static_cast<BertHead>(p.choice("head", kNames, 0));
}

Bert read(FamilyParameters& p) {
  Bert b{};
  b.layers = p.integer("layers", 12, 1, kMostTransformerLayers);
  b.hidden = p.integer("hidden", 768);
  read_heads(p, b.hidden, b.attention);
  b.feed_forward.channels = p.integer("feed-forward", 4 * b.hidden);
  b.feed_forward.activation = read_activation(p, Activation::gelu);
  b.sequence = p.integer("sequence", 512);
  b.positions = p.integer("positions", b.sequence);
  b.segments = p.integer("segments", 2, 0);
  b.vocabulary = p.integer("vocabulary", 30522, 2);
  b.head = read_bert_head(p);
  b.classes = p.integer("classes", 2);
  b.predictions = p.integer("predictions", b.sequence);
  b.tied = p.flag("tied-embeddings", true);
  b.spare_bias = p.flag("spare-bias", false);
  b.attention.dropout = p.flag("dropout", true);
  b.dropout = dropout_if(b.attention.dropout);
  if (b.positions < b.sequence)
    p.refuse({"positions", "are fewer than the sequence has", "at least " + std::to_string(b.sequence)},
             {"sequence", "is longer than the positions", "at most " + std::to_string(b.positions)});
  if (b.predictions > b.sequence)
    p.refuse({"predictions", "are more than the sequence has", "at most " + std::to_string(b.sequence)},
             {"sequence", "is shorter than the predictions", "at least " + std::to_string(b.predictions)});
  p.finish();
  return b;
}

int embed(GraphBuilder& net, const Bert& b, int tokens) {
  std::vector<int> sum = {tokens};
  if (b.segments > 0) sum.push_back(net.embedding("segment-embedding", kData, b.segments, b.hidden, b.sequence));
  sum.push_back(net.position_embedding("position-embedding", b.positions, b.hidden, b.sequence));
  const int x = net.norm("embedding-norm", LayerKind::layer_norm, net.join("embedding", LayerKind::add, sum));
  return dropped(net, b.dropout, "embedding-dropout", x);
}

/// `x` and what a half of a block made of it, with the norm after their sum.
int add_norm(GraphBuilder& net, const Bert& b, const std::string& half, int x, int made) {
  const int sum = net.join(half + "-residual", LayerKind::add, {x, dropped(net, b.dropout, half + "-dropout", made)});
  return net.norm(half + "-norm", LayerKind::layer_norm, sum);
}

int pool(GraphBuilder& net, const Bert& b, int x) {
  return net.elementwise("pooler-tanh", LayerKind::tanh, net.dense("pooler", positions_of(net, "first-token", x, 1), b.hidden));
}

void predict_words(GraphBuilder& net, const Bert& b, int x, int tokens) {
  if (b.predictions < b.sequence) x = positions_of(net, "masked-tokens", x, b.predictions);
  x = activate(net, b.feed_forward.activation, net.dense("transform", x, b.hidden));
  x = net.norm("transform-norm", LayerKind::layer_norm, x);
  // What the transformers library keeps beside an untied head's own bias, and nothing reads.
  if (b.spare_bias) net.freeze(net.embedding("spare-bias", kData, 1, b.vocabulary, 1));
  class_loss(net, b.tied ? net.tied_dense("head", x, tokens, Bias::present) : net.dense("head", x, b.vocabulary));
}

void end(GraphBuilder& net, const Bert& b, int x, int tokens) {
  const int pooled = b.pools() ? pool(net, b, x) : x;
  switch (b.head) {
    case BertHead::pretraining:
      net.loss("next-sentence-loss", LayerKind::softmax_cross_entropy, net.dense("next-sentence", pooled, 2));
      return predict_words(net, b, x, tokens);
    case BertHead::masked_words: return predict_words(net, b, x, tokens);
    case BertHead::next_sentence: return class_loss(net, net.dense("next-sentence", pooled, 2));
    case BertHead::sequence_classes:
    case BertHead::token_classes: return class_loss(net, net.dense("classifier", pooled, b.classes));
    case BertHead::none: net.loss("loss", LayerKind::squared_error, pooled);
  }
}

}  // namespace

/// Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers" (2019): embeddings of tokens, segments and positions, norms
/// after each half of a block, a pooler of the first token; pre-training predicts masked words and whether a sentence follows. Fallbacks
/// are the base model's. `predictions` are the tokens whose word is predicted: all of them, unless they are gathered first.
Workload build_bert(const std::string& name, FamilyParameters& parameters) {
  const Bert b = read(parameters);
  GraphBuilder net(name, {.width = b.sequence}, parameters.where());
  const int tokens = net.embedding("token-embedding", kData, b.vocabulary, b.hidden, b.sequence);
  int x = embed(net, b, tokens);
  for (std::int64_t i = 0; i < b.layers; ++i) {
    net.begin_block("block");
    x = add_norm(net, b, "attention", x, self_attention(net, b.attention, x));
    x = add_norm(net, b, "feed-forward", x, feed_forward(net, b.feed_forward, x));
    net.end_block();
  }
  end(net, b, x, tokens);
  net.workload().tokens_per_sample = b.sequence;
  return std::move(net).take();
}

}  // namespace forerun
