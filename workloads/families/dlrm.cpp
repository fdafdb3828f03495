#include <array>

#include "workloads/families/family.hpp"
#include "workloads/graph_builder.hpp"

namespace forerun {

namespace {

struct Dlrm {
  std::int64_t features;
  std::vector<std::int64_t> bottom, top, rows;
  bool dot, sparse;

  [[nodiscard]] std::int64_t dimension() const { return bottom.back(); }
};

Dlrm read(FamilyParameters& p) {
  static constexpr std::array<std::string_view, 2> kInteractions = {"dot", "concat"};
  Dlrm d{};
  d.features = p.integer("features", 13);
  d.bottom = p.integers("bottom", {512, 256, 64, 16});
  d.top = p.integers("top", {512, 256, 1});
  const std::int64_t tables = p.integer("tables", 26, 1, 1 << 16);
  d.rows = p.integers("table-rows", std::vector(static_cast<std::size_t>(tables), p.integer("rows", 1'000'000)), 1, std::int64_t{1} << 40);
  d.dot = p.choice("interaction", kInteractions, 0) == 0;
  d.sparse = p.flag("sparse", true);
  if (p.has("tables") && d.rows.size() != static_cast<std::size_t>(tables))
    p.refuse("tables", "are not as many as table-rows names", std::to_string(d.rows.size()));
  p.finish();
  return d;
}

/// Dense layers with a relu after each but the last, and after that where the network goes on. The first reads `features` of its input.
int perceptron(GraphBuilder& net, const std::string& name, int from, std::int64_t features, std::span<const std::int64_t> sizes,
               bool ends) {
  int x = from;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::string number = name + "-" + std::to_string(i + 1);
    const LayerShape first{.kind = LayerKind::dense, .input = {.channels = features}, .output = {.channels = sizes[0]}};
    x = i == 0 ? net.layer(number, first, {from}) : net.dense(number, x, sizes[i]);
    if (!ends || i + 1 < sizes.size()) x = net.elementwise(number + "-relu", LayerKind::relu, x);
  }
  return x;
}

/// All vectors side by side, and the dot products of all pairs beside that of the dense features.
int interact(GraphBuilder& net, const Dlrm& d, const std::vector<int>& vectors) {
  const int all = net.concat("vectors", vectors);
  if (!d.dot) return all;
  const TensorShape stacked{.channels = d.dimension(), .width = static_cast<std::int64_t>(vectors.size())};
  const int pairs = net.interaction("interaction", net.reshape("stack", all, stacked));
  return net.concat("features", {vectors.front(), pairs});
}

}  // namespace

/// Naumov et al. 2019, "Deep Learning Recommendation Model for Personalization and Recommendation Systems": dense features through a
/// bottom perceptron that ends in the embedding dimension, one index into each table, pairwise dot products, a top perceptron.
Workload build_dlrm(const std::string& name, FamilyParameters& parameters) {
  const Dlrm d = read(parameters);
  const auto tables = static_cast<std::int64_t>(d.rows.size());
  GraphBuilder net(name, {.channels = d.features + tables}, parameters.where());
  std::vector<int> vectors = {perceptron(net, "bottom", kData, d.features, d.bottom, false)};
  for (const std::int64_t rows : d.rows)
    vectors.push_back(net.embedding("table-" + std::to_string(vectors.size()), kData, rows, d.dimension(), 1, d.sparse));
  const int features = interact(net, d, vectors);
  const int click = perceptron(net, "top", features, net.shape_of(features).channels, d.top, true);
  net.loss("loss", LayerKind::binary_cross_entropy, click);
  net.workload().optimizer = Optimizer::sgd;
  return std::move(net).take();
}

}  // namespace forerun
