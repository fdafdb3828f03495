#include <algorithm>
#include <array>

#include "workloads/families/convolutions.hpp"
#include "workloads/families/family.hpp"

namespace forerun {

namespace {

/// One line of table 2: `count` bottlenecks, the first of which has the stride.
struct Stage {
  int expansion, channels, count, stride;
};
constexpr std::array kStages = {Stage{1, 16, 1, 1}, Stage{6, 24, 2, 2},  Stage{6, 32, 3, 2}, Stage{6, 64, 4, 2},
                                Stage{6, 96, 3, 1}, Stage{6, 160, 3, 2}, Stage{6, 320, 1, 1}};

struct MobileNet {
  std::int64_t image, channels, classes;
  double width;
  Dropout dropout;
};

MobileNet read(FamilyParameters& p) {
  MobileNet m{};
  m.image = p.integer("image", 224, 1, kMostEdge);
  m.channels = p.integer("channels-in", 3, 1, kMostChannels);
  m.classes = p.integer("classes", 1000, 2);
  m.width = p.number("width", 1, 0.01, 100);
  m.dropout = dropout_if(p.flag("dropout", true));
  p.finish();
  return m;
}

/// The nearest multiple of 8, but not more than a tenth below.
std::int64_t multiple_of_8(double channels) {
  const std::int64_t rounded = std::max<std::int64_t>(8, static_cast<std::int64_t>(channels + 4) / 8 * 8);
  return static_cast<double>(rounded) < 0.9 * channels ? rounded + 8 : rounded;
}

int convolution_norm_relu6(GraphBuilder& net, const std::string& name, int from, const WindowOptions& options) {
  return net.elementwise(name + "-relu6", LayerKind::relu, convolution_norm(net, name, from, options));
}

int bottleneck(GraphBuilder& net, int from, const Stage& stage, std::int64_t outputs, int stride) {
  const std::int64_t inputs = net.shape_of(from).channels;
  const std::int64_t wide = inputs * stage.expansion;
  int x = from;
  if (stage.expansion > 1) x = convolution_norm_relu6(net, "expand", x, {.outputs = wide, .window = 1});
  x = convolution_norm_relu6(net, "depthwise", x, {.outputs = wide, .window = 3, .stride = stride, .padding = 1, .groups = wide});
  x = convolution_norm(net, "project", x, {.outputs = outputs, .window = 1});
  return stride == 1 && inputs == outputs ? net.join("residual", LayerKind::add, {from, x}) : x;
}

}  // namespace

/// Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (CVPR 2018), table 2. `width` multiplies all channels, but
/// those of the last convolution only where it is above 1; they are rounded to multiples of 8, as the authors' and torchvision's are.
Workload build_mobilenet_v2(const std::string& name, FamilyParameters& parameters) {
  const MobileNet m = read(parameters);
  GraphBuilder net(name, {m.channels, m.image, m.image}, parameters.where());
  int x = convolution_norm_relu6(net, "conv1", kData, {.outputs = multiple_of_8(32 * m.width), .window = 3, .stride = 2, .padding = 1});
  for (const Stage& stage : kStages)
    for (int i = 0; i < stage.count; ++i) {
      net.begin_block("bottleneck");
      x = bottleneck(net, x, stage, multiple_of_8(stage.channels * m.width), i == 0 ? stage.stride : 1);
      net.end_block();
    }
  x = convolution_norm_relu6(net, "conv2", x, {.outputs = multiple_of_8(1280 * std::max(1.0, m.width)), .window = 1});
  average_and_classify(net, x, m.classes, m.dropout);
  return std::move(net).take();
}

}  // namespace forerun
