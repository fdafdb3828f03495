#include <array>

#include "workloads/families/convolutions.hpp"
#include "workloads/families/family.hpp"

namespace forerun {

namespace {

constexpr std::array<std::string_view, 2> kUp = {"transposed", "bilinear"};

struct Unet {
  std::int64_t image, channels, classes, width, depth;
  bool padded, bilinear, batch_norm;
};

Unet read(FamilyParameters& p) {
  Unet u{};
  u.image = p.integer("image", 572, 1, kMostEdge);
  u.channels = p.integer("channels-in", 1, 1, kMostChannels);
  u.classes = p.integer("classes", 2, 1);
  u.width = p.integer("width", 64, 2, kMostChannels);
  u.depth = p.integer("depth", 4, 1, 10);
  u.padded = p.flag("padded", false);
  u.bilinear = p.choice("up", kUp, 0) == 1;
  u.batch_norm = p.flag("batch-norm", false);
  p.finish();
  return u;
}

int two_convolutions(GraphBuilder& net, const Unet& u, int from, std::int64_t middle, std::int64_t outputs) {
  const int padding = u.padded ? 1 : 0;
  const auto convolve = [&](const std::string& name, int x, std::int64_t channels) {
    const WindowOptions options{.outputs = channels, .window = 3, .padding = padding};
    if (u.batch_norm) return convolution_norm_relu(net, name, x, options);
    return net.elementwise(name + "-relu", LayerKind::relu, net.convolution(name, LayerKind::conv2d, x, options));
  };
  return convolve("conv2", convolve("conv1", from, middle), outputs);
}

/// Doubles the edge, and halves the channels where the convolution does it.
int enlarge(GraphBuilder& net, const Unet& u, int from) {
  TensorShape shape = net.shape_of(from);
  if (!u.bilinear)
    return net.convolution("up", LayerKind::transposed_conv2d, from, {.outputs = shape.channels / 2, .window = 2, .stride = 2});
  shape.height *= 2;
  shape.width *= 2;
  return net.reshape("up", from, shape);
}

/// `from` beside what the contracting path had on this level. The larger of the two is cropped, or where convolutions are padded the
/// smaller is: an odd edge lost its last position to the pooling.
int join_level(GraphBuilder& net, const Unet& u, int from, int skip) {
  const auto fit = [&](std::string_view name, int layer, int like) {
    TensorShape shape = net.shape_of(layer);
    if (shape.height == net.shape_of(like).height) return layer;
    shape.height = shape.width = net.shape_of(like).height;
    return net.reshape(name, layer, shape);
  };
  if (u.padded)
    from = fit("pad", from, skip);
  else
    skip = fit("crop", skip, from);
  return net.concat("concat", {skip, from});
}

}  // namespace

/// Ronneberger, Fischer and Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation" (MICCAI 2015), figure 1: 3 x 3
/// convolutions without padding, 2 x 2 transposed convolutions upward, no batch norm; its dropout, whose places it does not name, is left
/// out. Variants that people train: padded, with batch norm (then without biases), and upward by bilinear interpolation, which halves
/// the channels of the lowest level and lets the convolutions after it do what the transposed one did. One class: a mask, by sigmoid.
Workload build_unet(const std::string& name, FamilyParameters& parameters) {
  const Unet u = read(parameters);
  GraphBuilder net(name, {u.channels, u.image, u.image}, parameters.where());
  std::vector<int> levels;
  int x = kData;
  for (std::int64_t level = 0; level <= u.depth; ++level) {
    net.begin_block("down");
    if (level > 0) x = max_pool(net, "pool", x, 2, 2);
    std::int64_t width = u.width << level;
    if (u.bilinear && level == u.depth) width /= 2;
    x = two_convolutions(net, u, x, width, width);
    levels.push_back(x);
    net.end_block();
  }
  for (std::int64_t level = u.depth - 1; level >= 0; --level) {
    net.begin_block("up");
    x = join_level(net, u, enlarge(net, u, x), levels[static_cast<std::size_t>(level)]);
    const std::int64_t width = u.width << level;
    x = two_convolutions(net, u, x, width, u.bilinear && level > 0 ? width / 2 : width);
    net.end_block();
  }
  x = net.convolution("classifier", LayerKind::conv2d, x, {.outputs = u.classes, .window = 1});
  net.loss("loss", u.classes == 1 ? LayerKind::binary_cross_entropy : LayerKind::softmax_cross_entropy, x);
  return std::move(net).take();
}

}  // namespace forerun
