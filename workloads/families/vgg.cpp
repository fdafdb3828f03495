#include <array>

#include "workloads/families/convolutions.hpp"
#include "workloads/families/family.hpp"

namespace forerun {

namespace {

constexpr std::array<std::string_view, 4> kDepths = {"11", "13", "16", "19"};
/// Convolutions of each of the five stages: configurations A, B, D and E of table 1.
constexpr std::array<std::array<int, 5>, 4> kConvolutions = {{{1, 1, 2, 2, 2}, {2, 2, 2, 2, 2}, {2, 2, 3, 3, 3}, {2, 2, 4, 4, 4}}};
constexpr std::int64_t kPooled = 7;  // edge that the dense layers read

struct Vgg {
  std::size_t configuration;
  std::int64_t image, channels, classes, width, head;
  bool batch_norm, dropout;
};

Vgg read(FamilyParameters& p) {
  Vgg v{};
  v.configuration = p.choice("layers", kDepths, 2);
  v.image = p.integer("image", 224, 32, kMostEdge);
  v.channels = p.integer("channels-in", 3, 1, kMostChannels);
  v.classes = p.integer("classes", 1000, 2);
  v.width = p.integer("width", 64, 1, kMostChannels);
  v.head = p.integer("head", 64 * v.width);
  v.batch_norm = p.flag("batch-norm", false);
  v.dropout = p.flag("dropout", true);
  p.finish();
  return v;
}

int extract(GraphBuilder& net, const Vgg& v) {
  int x = kData;
  for (int stage = 0; stage < 5; ++stage) {
    const std::int64_t width = v.width << (stage < 3 ? stage : 3);
    for (int i = 0; i < kConvolutions[v.configuration][stage]; ++i) {
      const std::string name = "conv" + std::to_string(stage + 1) + "-" + std::to_string(i + 1);
      x = net.convolution(name, LayerKind::conv2d, x, {.outputs = width, .window = 3, .stride = 1, .padding = 1});
      if (v.batch_norm) x = net.norm(name + "-norm", LayerKind::batch_norm, x);
      x = net.elementwise(name + "-relu", LayerKind::relu, x);
    }
    x = max_pool(net, "pool" + std::to_string(stage + 1), x, 2, 2);
  }
  return x;
}

}  // namespace

/// Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition" (ICLR 2015), table 1. Channels double
/// from `width` to 8 `width`; two dense layers of `head` before the classes. Where five poolings leave another edge than 7, it is
/// averaged to that, as torchvision does; batch norm, where asked for, leaves the convolutions their biases, as there.
Workload build_vgg(const std::string& name, FamilyParameters& parameters) {
  const Vgg v = read(parameters);
  GraphBuilder net(name, {v.channels, v.image, v.image}, parameters.where());
  int x = extract(net, v);
  if (net.shape_of(x).height != kPooled) x = net.adaptive_average_pool("average-pool", x, kPooled, kPooled);
  x = net.flatten("flatten", x);
  for (const std::string dense : {"dense1", "dense2"}) {
    x = net.elementwise(dense + "-relu", LayerKind::relu, net.dense(dense, x, v.head));
    if (v.dropout) x = net.elementwise(dense + "-dropout", LayerKind::dropout, x);
  }
  net.loss("loss", LayerKind::softmax_cross_entropy, net.dense("classifier", x, v.classes));
  return std::move(net).take();
}

}  // namespace forerun
