#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "workloads/family_parameters.hpp"
#include "workloads/graph_builder.hpp"

/// The parts that transformers are made of.
namespace forerun {

inline constexpr std::int64_t kMostTransformerLayers = 1 << 13;

/// Function of a feed-forward layer. squared-relu is a relu times itself [So et al. 2021, Primer].
enum class Activation { gelu, silu, relu, squared_relu, sigmoid, tanh, linear };
/// Names start with `prefix`, here and below.
int activate(GraphBuilder& net, Activation activation, int from, std::string_view prefix = "");

/// Projections to queries, keys and values, attention of them, and the projection back.
struct SelfAttention {
  std::int64_t heads = 12;
  std::int64_t key_heads = 12;  ///< fewer where queries share keys and values
  std::int64_t head_channels = 64;
  Bias bias = Bias::present;  ///< of queries, keys and values
  Bias projection_bias = Bias::present;
  bool rotary = false;  ///< queries and keys are turned by their positions [Su et al. 2021]
  AttentionMethod method = AttentionMethod::flash;
  bool dropout = false;
};
int self_attention(GraphBuilder& net, const SelfAttention& attention, int from);

/// Two dense layers with a function between; gated: a third one's output times the function's [Shazeer 2020].
struct FeedForward {
  std::int64_t channels = 3072;
  bool gated = false;
  Activation activation = Activation::gelu;
  Bias bias = Bias::present;
};
int feed_forward(GraphBuilder& net, const FeedForward& layer, int from, std::string_view prefix = "");

/// Feed-forward layers of which a router chooses a few for each token [Shazeer et al. 2017].
struct Experts {
  std::int64_t count = 0;  ///< 0: one feed-forward layer for all tokens, without a router
  std::int64_t chosen = 2;
  LayerKind scores = LayerKind::softmax;  ///< the router's function: softmax or sigmoid
};
int mixture_of_experts(GraphBuilder& net, const FeedForward& expert, const Experts& experts, int from);

/// What is learned from a network's last tokens.
enum class Head {
  language_model,    ///< every token's next one
  token_classes,     ///< a class of every token
  sequence_classes,  ///< a class of the sequence, read from its last token
  none,              ///< the output itself, against a target of its shape
};
struct Ending {
  Head head = Head::language_model;
  std::int64_t vocabulary = 0;
  std::int64_t classes = 2;
  int tied_to = kData;  ///< the embedding that the language model's head shares; kData: none
};
void end_with(GraphBuilder& net, const Ending& ending, int from);

/// A loss over classes, or a squared error where there is only one.
void class_loss(GraphBuilder& net, int logits);

int dropped(GraphBuilder& net, Dropout dropout, std::string_view name, int from);

/// Some of a tensor's positions, from its first or last on.
int positions_of(GraphBuilder& net, std::string_view name, int from, std::int64_t positions);

/// `heads`, `kv-heads`, `head-channels`, `attention` and what their values have to do with one another.
void read_heads(FamilyParameters& p, std::int64_t hidden, SelfAttention& attention);
Activation read_activation(FamilyParameters& p, Activation fallback);
Head read_head(FamilyParameters& p);
/// `experts` and `top-k`.
Experts read_experts(FamilyParameters& p, const Experts& fallback);
/// `true` for a bias.
Bias read_bias(FamilyParameters& p, std::string_view key, Bias fallback);

}  // namespace forerun
