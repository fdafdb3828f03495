#include <array>

#include "workloads/families/convolutions.hpp"
#include "workloads/families/family.hpp"

namespace forerun {

namespace {

constexpr std::array<std::string_view, 2> kBlocks = {"basic", "bottleneck"};
constexpr std::array<std::string_view, 2> kStems = {"imagenet", "cifar"};
constexpr std::array<std::string_view, 2> kShortcuts = {"pad", "projection"};
constexpr std::array<std::string_view, 2> kStrideAt = {"1x1", "3x3"};
constexpr std::int64_t kMostBlocks = 1 << 10;
constexpr std::size_t kMostStages = 8;

struct Resnet {
  std::vector<std::int64_t> blocks;  ///< of each stage
  std::int64_t image, channels, classes, width;
  bool bottleneck, cifar, projection, stride_at_3x3;
};

Resnet read(FamilyParameters& p) {
  Resnet r{};
  r.blocks = p.integers("blocks", {3, 4, 6, 3}, 1, kMostBlocks);
  r.bottleneck = p.choice("block", kBlocks, 1) == 1;
  r.cifar = p.choice("stem", kStems, 0) == 1;
  r.projection = p.choice("shortcut", kShortcuts, 1) == 1;
  r.stride_at_3x3 = p.choice("stride-at", kStrideAt, 1) == 1;
  r.image = p.integer("image", 224, 1, kMostEdge);
  r.channels = p.integer("channels-in", 3, 1, kMostChannels);
  r.classes = p.integer("classes", 1000, 2);
  r.width = p.integer("width", 64, 1, kMostChannels);
  if (r.blocks.size() > kMostStages) p.refuse("blocks", "are of too many stages", "at most " + std::to_string(kMostStages));
  p.finish();
  return r;
}

/// What the block adds its result to: its input, brought to the result's shape.
int shortcut(GraphBuilder& net, const Resnet& r, int from, const TensorShape& to, int stride) {
  if (net.shape_of(from) == to) return from;
  if (!r.projection) return net.reshape("shortcut", from, to);
  return convolution_norm(net, "shortcut", from, {.outputs = to.channels, .window = 1, .stride = stride});
}

int residual_block(GraphBuilder& net, const Resnet& r, int from, std::int64_t width, int stride) {
  int x = from;
  if (r.bottleneck) {
    const int first = r.stride_at_3x3 ? 1 : stride;
    x = convolution_norm_relu(net, "conv1", x, {.outputs = width, .window = 1, .stride = first});
    x = convolution_norm_relu(net, "conv2", x, {.outputs = width, .window = 3, .stride = stride / first, .padding = 1});
    x = convolution_norm(net, "conv3", x, {.outputs = 4 * width, .window = 1});
  } else {
    x = convolution_norm_relu(net, "conv1", x, {.outputs = width, .window = 3, .stride = stride, .padding = 1});
    x = convolution_norm(net, "conv2", x, {.outputs = width, .window = 3, .padding = 1});
  }
  const int identity = shortcut(net, r, from, net.shape_of(x), stride);
  return net.elementwise("relu", LayerKind::relu, net.join("residual", LayerKind::add, {x, identity}));
}

}  // namespace

/// He, Zhang, Ren and Sun, "Deep residual learning for image recognition" (CVPR 2016), table 1 and, with the stem `cifar`, section 4.2.
/// Shortcuts that change shape are projections (the paper's option B), or pads: every second position, and zeros for the new channels
/// (option A, without parameters). A bottleneck's stride stands at its 3 x 3 convolution, as in torchvision ("v1.5"), or at its first
/// 1 x 1, as in the paper.
Workload build_resnet(const std::string& name, FamilyParameters& parameters) {
  const Resnet r = read(parameters);
  GraphBuilder net(name, {r.channels, r.image, r.image}, parameters.where());
  int x = kData;
  if (r.cifar) {
    x = convolution_norm_relu(net, "conv1", x, {.outputs = r.width, .window = 3, .padding = 1});
  } else {
    x = convolution_norm_relu(net, "conv1", x, {.outputs = r.width, .window = 7, .stride = 2, .padding = 3});
    x = max_pool(net, "pool1", x, 3, 2, 1);
  }
  for (std::size_t stage = 0; stage < r.blocks.size(); ++stage)
    for (std::int64_t i = 0; i < r.blocks[stage]; ++i) {
      net.begin_block("stage" + std::to_string(stage + 1) + "-block");
      x = residual_block(net, r, x, r.width << stage, i == 0 && stage > 0 ? 2 : 1);
      net.end_block();
    }
  average_and_classify(net, x, r.classes, Dropout::none);
  return std::move(net).take();
}

}  // namespace forerun
