#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/onednn/primitive.hpp"
#include "kernels/cpu/patches.hpp"

namespace forerun::cpu {

namespace {

using Tag = dnnl::memory::format_tag;
constexpr auto kDirect = dnnl::algorithm::convolution_direct;

/// oneDNN counts the channels of groups within their group.
dnnl::memory::dims weight_dims(const LayerShape& shape) {
  const std::int64_t g = shape.groups, out = shape.output.channels / g, in = shape.input.channels / g;
  if (g > 1) return {g, out, in, shape.window.height, shape.window.width};
  return {out, in, shape.window.height, shape.window.width};
}

/// Convolution with a layout of the weights that oneDNN chooses, reordered at each run; activations stay NHWC, unless
/// `activations` lets oneDNN choose theirs too.
struct Convolution {
  Convolution(const Kernel& kernel, Tag activations)
      : engine(dnnl::engine::kind::cpu, 0),
        strides{kernel.shape.stride.height, kernel.shape.stride.width},
        padding{kernel.shape.padding.height, kernel.shape.padding.width} {
    const TensorShape &x = kernel.shape.input, &y = kernel.shape.output;
    const dnnl::memory::dims x_dims{kernel.batch, x.channels, x.height, x.width}, y_dims{kernel.batch, y.channels, y.height, y.width};
    const dnnl::memory::dims w_dims = weight_dims(kernel.shape);
    input = array(x_dims, Tag::nhwc);
    output = array(y_dims, Tag::nhwc);
    weights = array(w_dims, kernel.shape.groups > 1 ? Tag::gohwi : Tag::ohwi);
    if (kernel.shape.bias) bias = array({y.channels}, Tag::x);
    any_input = array(x_dims, activations);
    any_output = array(y_dims, activations);
    any_weights = array(w_dims, Tag::any);
    forward = {{dnnl::prop_kind::forward_training, kDirect, any_input, any_weights, bias, any_output, strides, padding, padding},
               own_scratchpad(),
               engine};
  }

  OpenMpTeam team;  // primitives are made for as many threads as there are now
  dnnl::engine engine;
  dnnl::memory::dims strides;
  dnnl::memory::dims padding;
  dnnl::memory::desc input, output, weights, bias;
  dnnl::memory::desc any_input, any_output, any_weights;
  dnnl::convolution_forward::primitive_desc forward;
};

/// oneDNN's kernels for NHWC are slow on images of few pixels, where its own layout is worth reordering the activations, and on the way
/// back to the data from 512 channels over wide images: 24 pixels and more take twice as long as in its own layout, 20 as long.
Tag activation_layout(const Kernel& kernel) {
  constexpr std::int64_t kFewPixels = 16, kManyChannels = 512, kWide = 22;
  const LayerShape& shape = kernel.shape;
  const bool wide = shape.window.volume() > 1 && shape.output.channels / shape.groups >= kManyChannels && shape.output.width >= kWide;
  if (kernel.pass == Pass::backward_data && wide) return Tag::any;
  return shape.output.height * shape.output.width <= kFewPixels ? Tag::any : Tag::nhwc;
}

BoundPrimitive bind_forward(const Kernel& kernel) {
  const Convolution c(kernel, activation_layout(kernel));
  BoundPrimitive bound(c.engine, dnnl::convolution_forward(c.forward), c.forward.scratchpad_desc());
  bound.reads(DNNL_ARG_SRC, c.input, c.forward.src_desc());
  bound.reads(DNNL_ARG_WEIGHTS, c.weights, c.forward.weights_desc());
  bound.reads(DNNL_ARG_BIAS, c.bias, c.bias);
  bound.writes(DNNL_ARG_DST, c.output, c.forward.dst_desc());
  return bound;
}

BoundPrimitive bind_backward_weights(const Kernel& kernel) {
  const Convolution c(kernel, activation_layout(kernel));
  const dnnl::convolution_backward_weights::primitive_desc backward(
      {kDirect, c.any_input, c.any_weights, c.bias, c.any_output, c.strides, c.padding, c.padding}, own_scratchpad(), c.engine, c.forward);
  BoundPrimitive bound(c.engine, dnnl::convolution_backward_weights(backward), backward.scratchpad_desc());
  bound.reads(DNNL_ARG_SRC, c.input, backward.src_desc());
  bound.reads(DNNL_ARG_DIFF_DST, c.output, backward.diff_dst_desc());
  bound.writes(DNNL_ARG_DIFF_WEIGHTS, c.weights, backward.diff_weights_desc());
  bound.writes(DNNL_ARG_DIFF_BIAS, c.bias, c.bias);
  return bound;
}

BoundPrimitive bind_backward_data(const Kernel& kernel) {
  const Convolution c(kernel, activation_layout(kernel));
  const dnnl::convolution_backward_data::primitive_desc backward(
      {kDirect, c.any_input, c.any_weights, c.any_output, c.strides, c.padding, c.padding}, own_scratchpad(), c.engine, c.forward);
  BoundPrimitive bound(c.engine, dnnl::convolution_backward_data(backward), backward.scratchpad_desc());
  bound.reads(DNNL_ARG_DIFF_DST, c.output, backward.diff_dst_desc());
  bound.reads(DNNL_ARG_WEIGHTS, c.weights, backward.weights_desc());
  bound.writes(DNNL_ARG_DIFF_SRC, c.input, backward.diff_src_desc());
  return bound;
}

std::int64_t weight_count(const LayerShape& shape) { return shape.output.channels * patch_elements(shape); }

class Forward final : public Operator {
 public:
  explicit Forward(const Kernel& kernel) : bound_(bind_forward(kernel)), bias_(weight_count(kernel.shape)) {}
  void run(const LayerBuffers& b) override { bound_.run({b.input, b.weights, b.weights + bias_, b.output}); }

 private:
  BoundPrimitive bound_;
  std::int64_t bias_;
};

class BackwardWeights final : public Operator {
 public:
  explicit BackwardWeights(const Kernel& kernel) : bound_(bind_backward_weights(kernel)), bias_(weight_count(kernel.shape)) {}
  void run(const LayerBuffers& b) override { bound_.run({b.input, b.output_gradient, b.weight_gradient, b.weight_gradient + bias_}); }

 private:
  BoundPrimitive bound_;
  std::int64_t bias_;
};

class BackwardData final : public Operator {
 public:
  explicit BackwardData(const Kernel& kernel) : bound_(bind_backward_data(kernel)) {}
  void run(const LayerBuffers& b) override { bound_.run({b.output_gradient, b.weights, b.input_gradient}); }

 private:
  BoundPrimitive bound_;
};

}  // namespace

std::unique_ptr<Operator> onednn_conv2d(const Kernel& kernel) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  if (kernel.pass == Pass::backward_weights) return std::make_unique<BackwardWeights>(kernel);
  return std::make_unique<BackwardData>(kernel);
}

}  // namespace forerun::cpu
