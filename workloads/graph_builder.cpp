#include "workloads/graph_builder.hpp"

#include <utility>

#include "core/limits.hpp"
#include "workloads/formulas.hpp"
#include "workloads/shape_text.hpp"

namespace forerun {
namespace {

LayerShape same_shape(LayerKind kind, const TensorShape& shape) { return {.kind = kind, .input = shape, .output = shape}; }

}  // namespace

GraphBuilder::GraphBuilder(std::string name, const TensorShape& input, Text where) : where_(std::move(where)) {
  workload_.name = std::move(name);
  workload_.input = input;
  check_elements(input, where_);
}

void GraphBuilder::begin_block(std::string_view prefix) {
  block_ = blocks_++;
  const int number = ++block_counts_.try_emplace(std::string(prefix), 0).first->second;
  prefix_ = std::string(prefix) + "-" + std::to_string(number) + ".";
}

void GraphBuilder::end_block() {
  block_ = -1;
  prefix_.clear();
}

int GraphBuilder::dense(std::string_view name, int from, std::int64_t outputs, Bias bias) {
  LayerDescription description{.kind = LayerKind::dense, .outputs = outputs, .bias = bias == Bias::present, .where = place(name)};
  return append(name, infer_shape(shape_of(from), description), {from});
}

int GraphBuilder::tied_dense(std::string_view name, int from, int embedding, Bias bias) {
  const LayerShape& table = workload_.layers[static_cast<std::size_t>(embedding)].shape;
  if (table.output.channels != shape_of(from).channels) refuse(name, "the channels are not those of the embedding");
  const int index = dense(name, from, table.rows, bias);
  tie(index, embedding);
  return index;
}

int GraphBuilder::dispatch(std::string_view name, int from, int scores, std::int64_t chosen) {
  LayerShape shape = same_shape(LayerKind::reshape, shape_of(from));
  shape.output.width = checked_product(shape.input.width, chosen, where_, "the tensor");
  return append(name, shape, {from, scores});
}

int GraphBuilder::expert_dense(std::string_view name, int from, std::int64_t outputs, std::int64_t experts, Bias bias) {
  LayerDescription description{.kind = LayerKind::dense, .outputs = outputs, .bias = bias == Bias::present, .where = place(name)};
  LayerShape shape = infer_shape(shape_of(from), description);
  shape.experts = experts;
  return append(name, shape, {from});
}

int GraphBuilder::combine(std::string_view name, int from, int scores, std::int64_t chosen) {
  LayerShape shape = same_shape(LayerKind::combine, shape_of(from));
  if (shape.input.width % chosen != 0) refuse(name, "the positions do not divide by the experts of each");
  shape.output.width /= chosen;
  return append(name, shape, {from, scores});
}

int GraphBuilder::windowed(std::string_view name, LayerKind kind, int from, const WindowOptions& o) {
  const LayerDescription description{.kind = kind,
                                     .outputs = o.outputs,
                                     .window = o.window,
                                     .stride = o.stride,
                                     .padding = o.padding,
                                     .uneven = o.uneven,
                                     .dilation = o.dilation,
                                     .groups = o.groups,
                                     .bias = o.bias,
                                     .round_up = o.round_up,
                                     .where = place(name)};
  return append(name, infer_shape(shape_of(from), description), {from});
}

int GraphBuilder::convolution(std::string_view name, LayerKind kind, int from, const WindowOptions& options) {
  return windowed(name, kind, from, options);
}

int GraphBuilder::pool(std::string_view name, LayerKind kind, int from, const WindowOptions& options) {
  return windowed(name, kind, from, options);
}

int GraphBuilder::global_average_pool(std::string_view name, int from) {
  LayerShape shape = same_shape(LayerKind::average_pool, shape_of(from));
  shape.window = {static_cast<int>(shape.input.height), static_cast<int>(shape.input.width), static_cast<int>(shape.input.depth)};
  shape.output = {.channels = shape.input.channels};
  return append(name, shape, {from});
}

int GraphBuilder::adaptive_average_pool(std::string_view name, int from, std::int64_t height, std::int64_t width) {
  LayerShape shape = same_shape(LayerKind::average_pool, shape_of(from));
  const auto covering = [](std::int64_t edge, std::int64_t parts) { return static_cast<int>((edge + parts - 1) / parts); };
  shape.window = {covering(shape.input.height, height), covering(shape.input.width, width)};
  shape.output.height = height;
  shape.output.width = width;
  return append(name, shape, {from});
}

int GraphBuilder::norm(std::string_view name, LayerKind kind, int from, Bias bias) {
  LayerShape shape = same_shape(kind, shape_of(from));
  shape.bias = bias == Bias::present;
  return append(name, shape, {from});
}

int GraphBuilder::elementwise(std::string_view name, LayerKind kind, int from) {
  return append(name, same_shape(kind, shape_of(from)), {from});
}

int GraphBuilder::join(std::string_view name, LayerKind kind, std::vector<int> from) {
  for (const int input : from)
    if (shape_of(input) != shape_of(from.front()))
      refuse(name, "its inputs differ in shape: " + shape_text(shape_of(from.front())) + " and " + shape_text(shape_of(input)));
  LayerShape shape = same_shape(kind, shape_of(from.front()));
  shape.operands = static_cast<int>(from.size());
  return append(name, shape, std::move(from));
}

int GraphBuilder::concat(std::string_view name, std::vector<int> from) {
  LayerShape shape = same_shape(LayerKind::concat, shape_of(from.front()));
  shape.operands = static_cast<int>(from.size());
  shape.output.channels = 0;
  for (const int input : from) {
    TensorShape other = shape_of(input);
    shape.output.channels += other.channels;
    other.channels = shape.input.channels;
    if (other != shape.input)
      refuse(name, "its inputs differ in their positions: " + shape_text(shape.input) + " and " + shape_text(shape_of(input)));
  }
  return append(name, shape, std::move(from));
}

int GraphBuilder::reshape(std::string_view name, int from, const TensorShape& to) {
  return append(name, {.kind = LayerKind::reshape, .input = shape_of(from), .output = to}, {from});
}

int GraphBuilder::flatten(std::string_view name, int from) { return reshape(name, from, flattened(shape_of(from))); }

int GraphBuilder::embedding(std::string_view name, int from, std::int64_t rows, std::int64_t channels, std::int64_t positions,
                            bool sparse) {
  LayerShape shape{.kind = LayerKind::embedding, .input = {.width = positions}, .output = {.channels = channels, .width = positions}};
  shape.rows = rows;
  shape.bias = false;
  shape.sparse = sparse;
  return append(name, shape, {from});
}

int GraphBuilder::position_embedding(std::string_view name, std::int64_t rows, std::int64_t channels, std::int64_t positions) {
  const int index = embedding(name, kData, rows, channels, positions);
  workload_.layers[static_cast<std::size_t>(index)].by_position = true;
  return index;
}

int GraphBuilder::lstm(std::string_view name, int from, std::int64_t outputs, Bias bias) {
  LayerShape shape = same_shape(LayerKind::lstm, shape_of(from));
  shape.output.channels = outputs;
  shape.bias = bias == Bias::present;
  return append(name, shape, {from});
}

int GraphBuilder::interaction(std::string_view name, int from) {
  LayerShape shape = same_shape(LayerKind::interaction, shape_of(from));
  const std::int64_t vectors = shape.input.positions();
  if (vectors < 2) refuse(name, "has fewer than two vectors");
  shape.output = {.channels = checked_product(vectors, vectors - 1, place(name), "the tensor") / 2};
  return append(name, shape, {from});
}

int GraphBuilder::attention(std::string_view name, int query, int key, int value, Attention attention) {
  LayerShape shape = same_shape(LayerKind::attention, shape_of(query));
  attention.keys = shape_of(key).positions();
  const auto has = [&](int from, std::int64_t heads, std::int64_t channels) { return shape_of(from).channels == heads * channels; };
  if (attention.key_heads < 1 || attention.heads % attention.key_heads != 0) refuse(name, "the heads do not divide by those of the keys");
  if (!has(query, attention.heads, attention.key_channels) || !has(key, attention.key_heads, attention.key_channels) ||
      !has(value, attention.key_heads, attention.value_channels))
    refuse(name, "the heads do not divide the channels of its inputs");
  shape.output.channels = attention.heads * attention.value_channels;
  shape.attention = attention;
  return append(name, shape, {query, key, value});
}

int GraphBuilder::layer(std::string_view name, const LayerShape& shape, std::vector<int> from) {
  return append(name, shape, std::move(from));
}

int GraphBuilder::loss(std::string_view name, LayerKind kind, int from) {
  return append(name, infer_shape(shape_of(from), {.kind = kind, .where = place(name)}), {from});
}

void GraphBuilder::tie(int layer, int to) {
  Layer& tied = workload_.layers[static_cast<std::size_t>(layer)];
  parameters_ -= own_parameters(tied);
  tied.tied_to = to;
  parameters_ += own_parameters(tied);
}

const TensorShape& GraphBuilder::shape_of(int layer) const {
  return layer == kData ? workload_.input : workload_.layers.at(static_cast<std::size_t>(layer)).shape.output;
}

Workload GraphBuilder::take() && { return std::move(workload_); }

int GraphBuilder::append(std::string_view name, const LayerShape& shape, std::vector<int> from) {
  check_size(shape, place(name));
  parameters_ += parameters(shape);
  if (parameters_ > kMostExact) throw BadInput(problem(place(name), "the network is too large", "at most 2^53 parameters"));
  Layer layer{.name = prefix_ + std::string(name), .shape = shape, .inputs = std::move(from), .block = block_};
  const int times = ++names_.try_emplace(layer.name, 0).first->second;
  if (times > 1) layer.name += "-" + std::to_string(times);
  workload_.layers.push_back(std::move(layer));
  return size() - 1;
}

void GraphBuilder::refuse(std::string_view name, const std::string& what) const { throw BadInput(problem(place(name), what)); }

Text GraphBuilder::place(std::string_view name) const {
  Text where = where_;
  where.key = prefix_ + std::string(name);
  return where;
}

}  // namespace forerun
