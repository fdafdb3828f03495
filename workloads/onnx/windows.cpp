#include <algorithm>
#include <cmath>

#include "workloads/onnx/fold.hpp"
#include "workloads/onnx/operators.hpp"

namespace forerun::onnx {
namespace {

constexpr std::int64_t kMostEdge = 1 << 20;  // of a window, a stride, a padding

/// One dimension of a window that slides.
struct Slide {
  std::int64_t window = 1, stride = 1, dilation = 1, before = 0, after = 0, output_padding = 0;

  [[nodiscard]] std::int64_t reach() const { return dilation * (window - 1) + 1; }
};

std::vector<std::int64_t> numbers(const Operation& op, std::string_view name, std::size_t count, std::int64_t fallback,
                                  std::int64_t least) {
  const Attribute* given = op.attribute(name);
  if (given == nullptr || given->integers.empty()) return std::vector<std::int64_t>(count, fallback);
  if (given->integers.size() != count) op.refuse("its " + std::string(name) + " are not " + std::to_string(count) + " numbers");
  for (const std::int64_t each : given->integers)
    if (each < least || each > kMostEdge)
      op.refuse("its " + std::string(name) + " are out of range", std::to_string(least) + " to " + std::to_string(kMostEdge));
  return given->integers;
}

/// What a window reads.
struct Source {
  TensorShape shape;
  int tensor = -1;
};

/// The window's input; where zeros are added at its edges before, what they are added to, because that is the window's padding.
Source source_of(const Network& net, const Operation& op) {
  Value picture = op.input(0);
  picture.channel_axis = 1;
  Source source{shape_of(picture), op.id(0)};
  const auto pad = net.maker(op.id(0), "Pad");
  if (!pad || net.uses(pad->index()) != 1 || pad->text("mode", "constant") != "constant") return source;
  if (const auto fill = pad->scalar(2); fill && *fill != 0) return source;
  Value inner = pad->input(0);
  if (inner.channel_axis < 0 && pad->output().dims == op.input(0).dims) inner.channel_axis = 1;
  const TensorShape shape = shape_of(inner);
  return shape.channels == source.shape.channels ? Source{shape, pad->id(0)} : source;
}

std::vector<Slide> slides_of(const Operation& op, const std::vector<std::int64_t>& window) {
  const std::size_t count = window.size();
  const auto strides = numbers(op, "strides", count, 1, 1);
  const auto dilations = numbers(op, "dilations", count, 1, 1);
  const auto pads = numbers(op, "pads", 2 * count, 0, 0);
  const auto output_padding = numbers(op, "output_padding", count, 0, 0);
  const std::string automatic = op.text("auto_pad", "NOTSET");
  std::vector<Slide> slides;
  for (std::size_t i = 0; i < count; ++i) {
    Slide slide{window[i], strides[i], dilations[i], pads[i], pads[count + i], output_padding[i]};
    if (slide.window < 1 || slide.window > kMostEdge) op.refuse("its window is out of range", "1 to " + std::to_string(kMostEdge));
    if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
      const std::int64_t edge = op.input(0).dims[2 + i];
      const std::int64_t steps = (edge + slide.stride - 1) / slide.stride;
      const std::int64_t missing = std::max<std::int64_t>((steps - 1) * slide.stride + slide.reach() - edge, 0);
      slide.before = missing / 2 + (automatic == "SAME_LOWER" ? missing % 2 : 0);
      slide.after = missing - slide.before;
    } else if (automatic == "VALID") {
      slide.before = slide.after = 0;
    }
    slides.push_back(slide);
  }
  return slides;
}

std::int64_t steps_of(const Operation& op, const Slide& slide, std::int64_t edge) {
  const std::int64_t left = edge + slide.before + slide.after - slide.reach();
  if (left < 0)
    op.refuse("its window of " + std::to_string(slide.reach()) + " is larger than its padded input of " +
              std::to_string(left + slide.reach()));
  std::int64_t steps = left / slide.stride + 1;
  // A last step that starts in the padding after the input does not count.
  if (op.integer("ceil_mode", 0) != 0 && left % slide.stride != 0 && steps * slide.stride < edge + slide.before) ++steps;
  return steps;
}

void require_picture(const Operation& op) {
  const std::size_t rank = op.input(0).rank();
  if (rank < 3 || rank > 5) op.refuse("its input has " + std::to_string(rank) + " dimensions", "3 to 5");
}

std::vector<std::int64_t> window_of(const Operation& op) {
  const Dims& weights = op.input(1).dims;
  if (weights.size() != op.input(0).rank()) op.refuse("its weights have not as many dimensions as its input");
  return {weights.begin() + 2, weights.end()};
}

/// The last two as height and width, one before as depth.
Extent extent_of(const std::vector<std::int64_t>& edges) {
  const auto at = [&](std::size_t from_end) { return edges.size() >= from_end ? static_cast<int>(edges[edges.size() - from_end]) : 1; };
  return {at(2), at(1), at(3)};
}

void fill_window(LayerShape& shape, const std::vector<Slide>& slides) {
  std::vector<std::int64_t> windows;
  std::vector<std::int64_t> strides;
  std::vector<std::int64_t> pads;
  for (const Slide& slide : slides) {
    windows.push_back(slide.window);
    strides.push_back(slide.stride);
    pads.push_back(std::min(slide.before, slide.after));
  }
  const auto pad = [&](std::size_t from_end) { return pads.size() >= from_end ? static_cast<int>(pads[pads.size() - from_end]) : 0; };
  shape.window = extent_of(windows);
  shape.stride = extent_of(strides);
  shape.padding = {pad(2), pad(1), pad(3)};
}

}  // namespace

void infer_conv(Operation& op) {
  require_picture(op);
  const std::vector<Slide> slides = slides_of(op, window_of(op));
  Value value = op.result(op.input(0).dims, {0});
  value.channel_axis = 1;
  value.dims[1] = op.input(1).dims[0];
  for (std::size_t i = 0; i < slides.size(); ++i) value.dims[2 + i] = steps_of(op, slides[i], value.dims[2 + i]);
  value.role = Role::activation;
  value.distinct = value.whole = value.elements();
  op.set(0, std::move(value));
}

void infer_conv_transpose(Operation& op) {
  require_picture(op);
  const std::vector<Slide> slides = slides_of(op, window_of(op));
  Value value = op.result(op.input(0).dims, {0});
  value.channel_axis = 1;
  const std::int64_t groups = op.integer("group", 1);
  if (groups < 1 || product({groups, op.input(1).dims[1]}) < 0) op.refuse("its groups are out of range");
  value.dims[1] = groups * op.input(1).dims[1];
  const auto wanted = numbers(op, "output_shape", slides.size(), 0, 1);
  for (std::size_t i = 0; i < slides.size(); ++i) {
    const Slide& slide = slides[i];
    std::int64_t& edge = value.dims[2 + i];
    const std::int64_t grown = product({std::max<std::int64_t>(edge - 1, 0), slide.stride});
    if (grown < 0) op.refuse("its output is too large", "at most 2^53 elements");
    const bool same = op.text("auto_pad", "NOTSET").starts_with("SAME");
    edge = wanted[i] > 0 ? wanted[i]
           : same        ? edge * slide.stride
                         : grown + slide.output_padding + slide.reach() - slide.before - slide.after;
    if (edge < 1) op.refuse("its padding leaves nothing of its output");
  }
  value.role = Role::activation;
  value.distinct = value.whole = value.elements();
  op.set(0, std::move(value));
}

void make_conv(const Network& net, const Operation& op, Steps& steps) {
  const Source source = source_of(net, op);
  const Value& weights = op.input(1);
  const bool transposed = op.name() == "ConvTranspose";
  LayerShape shape{.kind = op.input(0).rank() == 5 ? LayerKind::conv3d : LayerKind::conv2d};
  if (transposed && op.input(0).rank() == 5) op.refuse("in three dimensions is not supported");
  if (transposed) shape.kind = LayerKind::transposed_conv2d;
  shape.input = source.shape;
  shape.output = shape_of(op.output());
  shape.groups = op.integer("group", 1);
  fill_window(shape, slides_of(op, window_of(op)));
  shape.bias = op.has(2) && op.input(2).role == Role::weight;
  const std::int64_t inputs = shape.input.channels;
  const std::int64_t outputs = shape.output.channels;
  const std::int64_t groups = shape.groups;
  if (groups < 1 || inputs % groups != 0 || outputs % groups != 0)
    op.refuse("its groups do not divide its channels: " + std::to_string(groups) + ", of " + std::to_string(inputs) + " and " +
              std::to_string(outputs));
  if (transposed ? weights.dims[0] != inputs : weights.dims[1] != inputs / groups)
    op.refuse("its weights " + text_of(weights.dims) + " do not fit " + std::to_string(inputs) + " channels in " + std::to_string(groups) +
              " groups");
  require_weight(net, op, 1, weights.elements());
  steps.push_back({.shape = shape, .inputs = {source.tensor}, .weights = {op.id(1)}});
  if (!shape.bias) return;
  require_weight(net, op, 2, outputs);
  steps.back().weights.push_back(op.id(2));
}

void infer_pool(Operation& op) {
  require_picture(op);
  const std::size_t count = op.input(0).rank() - 2;
  if (op.attribute("kernel_shape") == nullptr) op.refuse("it has no kernel_shape");
  const std::vector<Slide> slides = slides_of(op, numbers(op, "kernel_shape", count, 1, 1));
  Value value = op.result(op.input(0).dims, {0});
  value.channel_axis = 1;
  for (std::size_t i = 0; i < count; ++i) value.dims[2 + i] = steps_of(op, slides[i], value.dims[2 + i]);
  value.distinct = value.whole = value.elements();
  op.set(1, op.auxiliary(value.dims));
  op.set(0, std::move(value));
}

void infer_global_pool(Operation& op) {
  require_picture(op);
  Value value = op.result(op.input(0).dims, {0});
  value.channel_axis = 1;
  std::fill(value.dims.begin() + 2, value.dims.end(), 1);
  value.distinct = value.whole = value.elements();
  op.set(0, std::move(value));
}

void make_pool(const Network& net, const Operation& op, Steps& steps) {
  const Source source = source_of(net, op);
  LayerShape shape{.kind = op.name().find("Max") != std::string::npos ? LayerKind::max_pool : LayerKind::average_pool};
  shape.input = source.shape;
  shape.output = shape_of(op.output());
  const std::vector<std::int64_t> edges(op.input(0).dims.begin() + 2, op.input(0).dims.end());
  if (op.name().starts_with("Global")) {
    if (std::ranges::any_of(edges, [](std::int64_t edge) { return edge > kMostEdge; })) op.refuse("its input is out of range");
    shape.window = extent_of(edges);
  } else {
    fill_window(shape, slides_of(op, numbers(op, "kernel_shape", edges.size(), 1, 1)));
    // A window of one element copies nothing and compares nothing: frameworks leave such a pool out.
    if (shape.window.volume() == 1 && shape.input == shape.output) shape.kind = LayerKind::reshape;
  }
  steps.push_back({.shape = shape, .inputs = {source.tensor}});
}

void infer_pad(Operation& op) {
  const Value& from = op.input(0);
  const auto pads = op.list("pads", 1);
  std::vector<std::size_t> axes;
  for (std::size_t i = 0; i < from.rank(); ++i) axes.push_back(i);
  if (op.has(3)) {
    axes.clear();
    for (const std::int64_t each : op.numbers(3)) axes.push_back(op.axis(each, from.rank()));
  }
  if (!pads || pads->size() != 2 * axes.size()) op.refuse("it has not two pads for each dimension");
  Value value = op.result(from.dims, {0});
  for (std::size_t i = 0; i < axes.size(); ++i) {
    std::int64_t& edge = value.dims[axes[i]];
    for (const std::int64_t each : {(*pads)[i], (*pads)[axes.size() + i]})
      if (__builtin_add_overflow(edge, each, &edge)) op.refuse("its output is too large", "at most 2^53 elements");
  }
  value.channel_axis = from.channel_axis;
  if (value.dims == from.dims) {
    value = op.view(from, from.dims);
    value.channel_axis = from.channel_axis;
  }
  if (std::ranges::any_of(value.dims, [](std::int64_t dim) { return dim < 0; })) op.refuse("it takes away more than there is");
  if (value.node == op.index()) value.distinct = value.whole = value.elements();
  op.set(0, std::move(value));
}

void infer_resize(Operation& op) {
  const Value& from = op.input(0);
  const bool old = op.name() == "Upsample" || op.graph().opset < 11;
  const std::size_t scales = old ? 1 : 2;
  Dims dims = from.dims;
  if (!old && op.has(3) && op.input(3).elements() > 0) {
    dims = op.numbers(3);
  } else {
    if (!op.has(scales) || !op.input(scales).known) op.refuse("its output's size depends on values that the file does not tell");
    const std::vector<double>& factors = op.input(scales).numbers;
    if (factors.size() != dims.size()) op.refuse("it has not a scale for each dimension");
    for (std::size_t i = 0; i < dims.size(); ++i) {
      const double edge = std::floor(static_cast<double>(dims[i]) * factors[i]);
      if (!(edge >= 0 && edge <= static_cast<double>(kMostElements))) op.refuse("its scale is out of range");
      dims[i] = static_cast<std::int64_t>(edge);
    }
  }
  if (dims.size() != from.rank()) op.refuse("its output has not the rank of its input");
  Value value = op.result(std::move(dims), {0});
  value.channel_axis = from.channel_axis;
  op.set(0, std::move(value));
}

void infer_tile(Operation& op) {
  const Value& from = op.input(0);
  const std::vector<std::int64_t> repeats = op.numbers(1);
  if (repeats.size() != from.rank()) op.refuse("it has not a repeat for each dimension");
  Dims dims = from.dims;
  for (std::size_t i = 0; i < dims.size(); ++i)
    if (repeats[i] < 0 || __builtin_mul_overflow(dims[i], repeats[i], &dims[i])) op.refuse("its repeats are out of range");
  // Of one element it is a broadcast, and of all elements once it is the input.
  const bool is_view = from.role != Role::activation || dims == from.dims;
  Value value = is_view ? op.view(from, dims) : op.result(dims, {0});
  value.channel_axis = from.channel_axis;
  if (from.known && from.elements() == 1 && is_small(dims))
    value.numbers.assign(static_cast<std::size_t>(value.elements()), from.numbers.front()), value.known = true;
  else if (is_view)
    copy(from, value);
  op.set(0, std::move(value));
}

}  // namespace forerun::onnx
