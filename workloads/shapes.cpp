#include "workloads/shapes.hpp"

#include <string>

#include "core/limits.hpp"
#include "workloads/formulas.hpp"

namespace forerun {
namespace {

bool is_convolution(LayerKind kind) {
  return kind == LayerKind::conv2d || kind == LayerKind::conv3d || kind == LayerKind::transposed_conv2d;
}

bool slides(LayerKind kind) { return is_convolution(kind) || kind == LayerKind::max_pool || kind == LayerKind::average_pool; }

BadInput wrong(const LayerDescription& layer, std::int64_t value, const std::string& what, const std::string& allowed) {
  Text where = layer.where;
  where.value = std::to_string(value);
  return BadInput(problem(where, what, allowed));
}

/// One dimension of a window.
struct Slide {
  int window = 1;
  int stride = 1;
  int padding = 0;
  int uneven = 0;
  int dilation = 1;
};

std::int64_t slid(std::int64_t edge, const Slide& slide, const LayerDescription& layer, const std::string& name) {
  const std::int64_t reach = static_cast<std::int64_t>(slide.dilation) * (slide.window - 1) + 1;
  const std::int64_t most = std::int64_t{slide.padding} + slide.uneven;
  if (most >= reach && most > 0)
    throw wrong(layer, most, "the padding is not smaller than the window", "0 to " + std::to_string(reach - 1));
  if (layer.kind == LayerKind::transposed_conv2d) {
    const std::int64_t grown = checked_product(edge - 1, slide.stride, layer.where, "the tensor") - slide.padding - most + reach;
    if (grown < 1) throw wrong(layer, slide.padding, "the padding leaves nothing of the output", "less than half of the output");
    return grown;
  }
  const std::int64_t padded = edge + slide.padding + most;
  if (reach > padded)
    throw wrong(layer, reach, "the window is larger than the layer's input", "at most the " + name + " of " + std::to_string(padded));
  const std::int64_t steps = padded - reach;
  std::int64_t output = steps / slide.stride + 1;
  // A last step that starts in the padding after the input does not count.
  if (layer.round_up && steps % slide.stride != 0 && output * slide.stride < edge + slide.padding) ++output;
  return output;
}

void slide_over(LayerShape& shape, const LayerDescription& d) {
  const TensorShape& in = shape.input;
  shape.output.height =
      slid(in.height, {d.window.height, d.stride.height, d.padding.height, d.uneven.height, d.dilation.height}, d, "height");
  shape.output.width = slid(in.width, {d.window.width, d.stride.width, d.padding.width, d.uneven.width, d.dilation.width}, d, "width");
  shape.output.depth = slid(in.depth, {d.window.depth, d.stride.depth, d.padding.depth, d.uneven.depth, d.dilation.depth}, d, "depth");
}

}  // namespace

std::int64_t checked_product(std::int64_t a, std::int64_t b, const Text& where, const std::string& what) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product) || product > kMostExact)
    throw BadInput(problem(where, what + " is too large", "at most 2^53 elements"));
  return product;
}

void check_elements(const TensorShape& shape, const Text& where) {
  const std::string what = "the tensor";
  const std::int64_t plane = checked_product(checked_product(shape.channels, shape.height, where, what), shape.width, where, what);
  checked_product(plane, shape.depth, where, what);
}

void check_size(const LayerShape& shape, const Text& where) {
  check_elements(shape.input, where);
  check_elements(shape.output, where);
  if (!has_parameters(shape.kind)) return;
  const std::string what = "the layer";
  const std::int64_t area =
      checked_product(checked_product(shape.window.height, shape.window.width, where, what), shape.window.depth, where, what);
  const std::int64_t filter = checked_product(shape.input.channels, area, where, what);
  const std::int64_t recurrent = shape.kind == LayerKind::lstm ? shape.output.channels + 1 : 0;
  const std::int64_t matrix = checked_product(shape.output.channels, filter + recurrent + 1, where, what);
  checked_product(matrix, shape.kind == LayerKind::lstm ? 4 : shape.experts, where, what);
  checked_product(shape.rows, shape.output.channels, where, what);
}

LayerShape infer_shape(const TensorShape& input, const LayerDescription& description) {
  LayerShape shape;
  shape.kind = description.kind;
  shape.input = shape.output = input;
  shape.window = description.window;
  shape.stride = description.stride;
  shape.padding = description.padding;
  shape.groups = description.groups;
  shape.bias = description.bias;
  if (slides(description.kind)) slide_over(shape, description);
  if (is_convolution(description.kind)) {
    if (description.groups < 1 || input.channels % description.groups != 0 || description.outputs % description.groups != 0)
      throw wrong(description, description.groups, "the groups do not divide the channels",
                  "a divisor of " + std::to_string(input.channels) + " and " + std::to_string(description.outputs));
    shape.output.channels = description.outputs;
  }
  if (description.kind == LayerKind::dense) shape.output.channels = description.outputs;
  if (description.kind == LayerKind::softmax_cross_entropy && input.channels < 2)
    throw BadInput(problem(description.where, "the loss has fewer than two classes"));
  check_size(shape, description.where);
  return shape;
}

}  // namespace forerun
