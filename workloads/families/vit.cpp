#include <array>

#include "workloads/families/family.hpp"
#include "workloads/families/transformer.hpp"

namespace forerun {
namespace {

enum class VitHead { classes, pooled, none };

struct Vit {
  std::int64_t layers, hidden, channels, classes, pooler_channels;
  Extent image, patch;
  SelfAttention attention;
  FeedForward feed_forward;
  VitHead head;
  Dropout dropout;
};

Vit read(FamilyParameters& p) {
  static constexpr std::int64_t kMostEdge = 1 << 16;
  static constexpr std::array<std::string_view, 3> kHeads = {"classes", "pooled", "none"};
  const auto edge = [&](std::string_view key, std::int64_t fallback) { return static_cast<int>(p.integer(key, fallback, 1, kMostEdge)); };
  Vit v{};
  v.layers = p.integer("layers", 12, 1, kMostTransformerLayers);
  v.hidden = p.integer("hidden", 768);
  read_heads(p, v.hidden, v.attention);
  v.feed_forward.channels = p.integer("feed-forward", 4 * v.hidden);
  v.feed_forward.activation = read_activation(p, Activation::gelu);
  v.image.height = edge("image-size", 224);
  v.image.width = edge("image-width", v.image.height);
  v.patch.height = edge("patch-size", 16);
  v.patch.width = edge("patch-width", v.patch.height);
  v.channels = p.integer("channels", 3);
  v.attention.bias = read_bias(p, "attention-bias", Bias::present);
  v.head = static_cast<VitHead>(p.choice("head", kHeads, 0));
  v.classes = p.integer("classes", 1000);
  v.pooler_channels = p.integer("pooler-channels", v.hidden);
  v.attention.dropout = p.flag("dropout", false);
  v.dropout = dropout_if(v.attention.dropout);
  if (v.patch.height > v.image.height || v.patch.width > v.image.width)
    p.refuse({"patch-size", "is larger than the image", ""}, {"image-size", "is smaller than a patch", ""});
  p.finish();
  return v;
}

/// Patches as tokens, the class token before them.
int embed(GraphBuilder& net, const Vit& v) {
  WindowOptions window{.outputs = v.hidden, .window = v.patch, .stride = v.patch};
  const int patches = net.convolution("patches", LayerKind::conv2d, kData, window);
  const std::int64_t count = net.shape_of(patches).positions();
  const int class_token = net.embedding("class-token", kData, 1, v.hidden, 1);
  const LayerShape joined{
      .kind = LayerKind::concat, .input = {.channels = v.hidden}, .output = {.channels = v.hidden, .width = count + 1}, .operands = 2};
  const int tokens = net.layer("tokens", joined, {class_token, patches});
  const int positions = net.position_embedding("position-embedding", count + 1, v.hidden, count + 1);
  return dropped(net, v.dropout, "embedding-dropout", net.join("embedding", LayerKind::add, {tokens, positions}));
}

int block(GraphBuilder& net, const Vit& v, int x) {
  int made = self_attention(net, v.attention, net.norm("attention-norm", LayerKind::layer_norm, x));
  x = net.join("attention-residual", LayerKind::add, {x, dropped(net, v.dropout, "attention-dropout", made)});
  made = feed_forward(net, v.feed_forward, net.norm("feed-forward-norm", LayerKind::layer_norm, x));
  return net.join("feed-forward-residual", LayerKind::add, {x, dropped(net, v.dropout, "feed-forward-dropout", made)});
}

}  // namespace

/// Dosovitskiy et al., "An Image is Worth 16x16 Words" (2021): patches by a convolution, a class token, learned positions, norms before
/// each half of a block, a dense layer on the class token. Fallbacks are those of ViT-B/16.
Workload build_vit(const std::string& name, FamilyParameters& parameters) {
  const Vit v = read(parameters);
  GraphBuilder net(name, {.channels = v.channels, .height = v.image.height, .width = v.image.width}, parameters.where());
  int x = embed(net, v);
  for (std::int64_t i = 0; i < v.layers; ++i) {
    net.begin_block("block");
    x = block(net, v, x);
    net.end_block();
  }
  x = net.norm("final-norm", LayerKind::layer_norm, x);
  if (v.head != VitHead::none) x = positions_of(net, "first-token", x, 1);
  if (v.head == VitHead::pooled) x = net.elementwise("pooler-tanh", LayerKind::tanh, net.dense("pooler", x, v.pooler_channels));
  if (v.head == VitHead::classes)
    class_loss(net, net.dense("classifier", x, v.classes));
  else
    net.loss("loss", LayerKind::squared_error, x);
  return std::move(net).take();
}

}  // namespace forerun
