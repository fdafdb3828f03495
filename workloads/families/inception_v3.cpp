#include "workloads/families/convolutions.hpp"
#include "workloads/families/family.hpp"

namespace forerun {

namespace {

struct Inception {
  std::int64_t image, channels, classes;
  bool auxiliary;
  Dropout dropout;
};

Inception read(FamilyParameters& p) {
  Inception i{};
  i.image = p.integer("image", 299, 75, kMostEdge);
  i.channels = p.integer("channels-in", 3, 1, kMostChannels);
  i.classes = p.integer("classes", 1000, 2);
  i.auxiliary = p.flag("auxiliary", true);
  i.dropout = dropout_if(p.flag("dropout", true));
  p.finish();
  return i;
}

/// Several convolutions after one another, each with batch norm and relu, named after their branch and counted.
int chain(GraphBuilder& net, const std::string& branch, int from, const std::vector<WindowOptions>& convolutions) {
  int number = 0;
  for (const WindowOptions& options : convolutions)
    from = convolution_norm_relu(net, branch + "-conv" + std::to_string(++number), from, options);
  return from;
}

WindowOptions square(std::int64_t outputs, int edge, int padding = 0, int stride = 1) {
  return {.outputs = outputs, .window = edge, .stride = stride, .padding = padding};
}
WindowOptions row(std::int64_t outputs, int length) { return {.outputs = outputs, .window = {1, length}, .padding = {0, length / 2}}; }
WindowOptions column(std::int64_t outputs, int length) { return {.outputs = outputs, .window = {length, 1}, .padding = {length / 2, 0}}; }

int pooled(GraphBuilder& net, int from, std::int64_t outputs) {
  const int pool = net.pool("pool", LayerKind::average_pool, from, {.window = 3, .stride = 1, .padding = 1});
  return chain(net, "pool", pool, {square(outputs, 1)});
}

/// Figure 5 of the paper.
int module_35(GraphBuilder& net, int from, std::int64_t pool_channels) {
  const int narrow = chain(net, "1x1", from, {square(64, 1)});
  const int wide = chain(net, "5x5", from, {square(48, 1), square(64, 5, 2)});
  const int twice = chain(net, "double-3x3", from, {square(64, 1), square(96, 3, 1), square(96, 3, 1)});
  return net.concat("concat", {narrow, wide, twice, pooled(net, from, pool_channels)});
}

/// Halves the edge from 35 to 17: figure 10.
int reduction_35(GraphBuilder& net, int from) {
  const int once = chain(net, "3x3", from, {square(384, 3, 0, 2)});
  const int twice = chain(net, "double-3x3", from, {square(64, 1), square(96, 3, 1), square(96, 3, 0, 2)});
  return net.concat("concat", {once, twice, max_pool(net, "pool", from, 3, 2)});
}

/// Figure 6 with n = 7; `c` channels inside.
int module_17(GraphBuilder& net, int from, std::int64_t c) {
  const int narrow = chain(net, "1x1", from, {square(192, 1)});
  const int once = chain(net, "7x7", from, {square(c, 1), row(c, 7), column(192, 7)});
  const int twice = chain(net, "double-7x7", from, {square(c, 1), column(c, 7), row(c, 7), column(c, 7), row(192, 7)});
  return net.concat("concat", {narrow, once, twice, pooled(net, from, 192)});
}

/// Halves the edge from 17 to 8.
int reduction_17(GraphBuilder& net, int from) {
  const int once = chain(net, "3x3", from, {square(192, 1), square(320, 3, 0, 2)});
  const int twice = chain(net, "7x7-3x3", from, {square(192, 1), row(192, 7), column(192, 7), square(192, 3, 0, 2)});
  return net.concat("concat", {once, twice, max_pool(net, "pool", from, 3, 2)});
}

int both(GraphBuilder& net, const std::string& branch, int from) {
  const int rows = chain(net, branch + "-row", from, {row(384, 3)});
  const int columns = chain(net, branch + "-column", from, {column(384, 3)});
  return net.concat(branch + "-concat", {rows, columns});
}

/// Figure 7.
int module_8(GraphBuilder& net, int from) {
  const int narrow = chain(net, "1x1", from, {square(320, 1)});
  const int once = both(net, "3x3", chain(net, "3x3", from, {square(384, 1)}));
  const int twice = both(net, "double-3x3", chain(net, "double-3x3", from, {square(448, 1), square(384, 3, 1)}));
  return net.concat("concat", {narrow, once, twice, pooled(net, from, 192)});
}

int stem(GraphBuilder& net) {
  int x = chain(net, "stem", kData, {square(32, 3, 0, 2), square(32, 3), square(64, 3, 1)});
  x = max_pool(net, "stem-pool1", x, 3, 2);
  x = chain(net, "stem2", x, {square(80, 1), square(192, 3)});
  return max_pool(net, "stem-pool2", x, 3, 2);
}

void auxiliary_head(GraphBuilder& net, int from, std::int64_t classes) {
  int x = net.pool("auxiliary-pool", LayerKind::average_pool, from, {.window = 5, .stride = 3});
  x = chain(net, "auxiliary", x, {square(128, 1), square(768, 5)});
  x = net.flatten("auxiliary-flatten", net.global_average_pool("auxiliary-average-pool", x));
  net.loss("auxiliary-loss", LayerKind::softmax_cross_entropy, net.dense("auxiliary-classifier", x, classes));
}

}  // namespace

/// Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (CVPR 2016), as torchvision's inception_v3 and the
/// authors' release have it. The auxiliary head has a loss of its own, and only trains: without it is what predicts.
Workload build_inception_v3(const std::string& name, FamilyParameters& parameters) {
  const Inception options = read(parameters);
  GraphBuilder net(name, {options.channels, options.image, options.image}, parameters.where());
  int x = stem(net);
  const auto append = [&](auto build, auto... arguments) {
    net.begin_block("module");
    x = build(net, x, arguments...);
    net.end_block();
  };
  for (const std::int64_t channels : {32, 64, 64}) append(module_35, channels);
  append(reduction_35);
  for (const std::int64_t channels : {128, 160, 160, 192}) append(module_17, channels);
  if (options.auxiliary) auxiliary_head(net, x, options.classes);
  append(reduction_17);
  append(module_8);
  append(module_8);
  average_and_classify(net, x, options.classes, options.dropout);
  return std::move(net).take();
}

}  // namespace forerun
