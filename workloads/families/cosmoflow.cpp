#include <algorithm>
#include <array>

#include "workloads/families/convolutions.hpp"
#include "workloads/families/family.hpp"

namespace forerun {

namespace {

constexpr std::array<std::string_view, 2> kPooling = {"max", "average"};
constexpr std::int64_t kMostWindow = 64;

struct Cosmoflow {
  std::int64_t image, channels, outputs, pools;
  std::vector<std::int64_t> filters, windows, strides, dense;
  bool padded, average, tanh, dropout;
};

Cosmoflow read(FamilyParameters& p) {
  Cosmoflow c{};
  c.image = p.integer("image", 128, 2, 1 << 13);
  c.channels = p.integer("channels-in", 4, 1, kMostChannels);
  c.outputs = p.integer("outputs", 4);
  c.filters = p.integers("filters", {32, 64, 128, 256, 512}, 1, kMostChannels);
  const std::size_t layers = c.filters.size();
  c.windows = p.integers("windows", std::vector<std::int64_t>(layers, 2), 1, kMostWindow);
  c.strides = p.integers("strides", std::vector<std::int64_t>(layers, 1), 1, kMostWindow);
  c.pools = p.integer("pools", static_cast<std::int64_t>(layers), 0, static_cast<std::int64_t>(layers));
  c.dense = p.integers("dense", {128, 64});
  c.padded = p.flag("padded", true);
  c.average = p.choice("pooling", kPooling, 0) == 1;
  c.tanh = p.flag("tanh", true);
  c.dropout = p.flag("dropout", true);
  const std::string allowed = std::to_string(layers) + " numbers, one for each of the filters";
  if (c.windows.size() != layers) p.refuse("windows", "are not as many as the filters", allowed);
  if (c.strides.size() != layers) p.refuse("strides", "are not as many as the filters", allowed);
  if (c.padded && std::ranges::any_of(c.strides, [](std::int64_t stride) { return stride > 1; }))
    p.refuse("strides", "are of padded convolutions, which keep their edge", "1 for each of the filters");
  p.finish();
  return c;
}

constexpr Extent cube(int edge) { return {edge, edge, edge}; }

int convolve(GraphBuilder& net, const Cosmoflow& c, std::size_t i, int from) {
  const std::string number = std::to_string(i + 1);
  const int window = static_cast<int>(c.windows[i]);
  WindowOptions options{.outputs = c.filters[i], .window = cube(window), .stride = cube(static_cast<int>(c.strides[i]))};
  if (c.padded) {
    const int half = (window - 1) / 2;
    options.padding = {half, half, half};
    if (window % 2 == 0) options.uneven = {1, 1, 1};
  }
  int x = net.convolution("conv" + number, LayerKind::conv3d, from, options);
  x = net.elementwise("conv" + number + "-leaky-relu", LayerKind::relu, x);
  if (static_cast<std::int64_t>(i) >= c.pools) return x;
  return net.pool("pool" + number, c.average ? LayerKind::average_pool : LayerKind::max_pool, x, {.window = cube(2), .stride = cube(2)});
}

}  // namespace

/// Mathuriya et al., "CosmoFlow: Using Deep Learning to Learn the Universe at Scale" (SC 2018): 3-D convolutions, the first `pools` of them
/// with a pooling, and dense layers that predict cosmological parameters. As it stands here without settings it is the reference of MLPerf
/// HPC (mlcommons/hpc, cosmoflow/models/cosmoflow.py); its scaling of the 4 outputs is neglected, and its leaky relus are relus.
Workload build_cosmoflow(const std::string& name, FamilyParameters& parameters) {
  const Cosmoflow c = read(parameters);
  GraphBuilder net(name, {c.channels, c.image, c.image, c.image}, parameters.where());
  int x = kData;
  for (std::size_t i = 0; i < c.filters.size(); ++i) x = convolve(net, c, i, x);
  x = net.flatten("flatten", x);
  for (std::size_t i = 0; i < c.dense.size(); ++i) {
    const std::string dense = "dense" + std::to_string(i + 1);
    x = net.elementwise(dense + "-leaky-relu", LayerKind::relu, net.dense(dense, x, c.dense[i]));
    if (c.dropout) x = net.elementwise(dense + "-dropout", LayerKind::dropout, x);
  }
  x = net.dense("outputs", x, c.outputs);
  if (c.tanh) x = net.elementwise("tanh", LayerKind::tanh, x);
  net.loss("loss", LayerKind::squared_error, x);
  return std::move(net).take();
}

}  // namespace forerun
