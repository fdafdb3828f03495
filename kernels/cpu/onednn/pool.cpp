#include <cassert>

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/onednn/primitive.hpp"

namespace forerun::cpu {

namespace {

using Tag = dnnl::memory::format_tag;

struct Pooling {
  explicit Pooling(const Kernel& kernel)
      : engine(dnnl::engine::kind::cpu, 0),
        algorithm(kernel.shape.kind == LayerKind::max_pool ? dnnl::algorithm::pooling_max : dnnl::algorithm::pooling_avg_include_padding),
        strides{kernel.shape.stride.height, kernel.shape.stride.width},
        window{kernel.shape.window.height, kernel.shape.window.width},
        padding{kernel.shape.padding.height, kernel.shape.padding.width} {
    const TensorShape &x = kernel.shape.input, &y = kernel.shape.output;
    input = array({kernel.batch, x.channels, x.height, x.width}, Tag::nhwc);
    output = array({kernel.batch, y.channels, y.height, y.width}, Tag::nhwc);
    forward = {{dnnl::prop_kind::forward_training, algorithm, input, output, strides, window, padding, padding}, own_scratchpad(), engine};
    // Of the places of maxima, one byte or one int32 an output: LayerBuffers::indices holds it. Of an average empty.
    assert(forward.workspace_desc().get_size() <= sizeof(std::int32_t) * static_cast<std::size_t>(kernel.batch * y.elements()));
  }

  OpenMpTeam team;  // primitives are made for as many threads as there are now
  dnnl::engine engine;
  dnnl::algorithm algorithm;
  dnnl::memory::dims strides;
  dnnl::memory::dims window;
  dnnl::memory::dims padding;
  dnnl::memory::desc input;
  dnnl::memory::desc output;
  dnnl::pooling_forward::primitive_desc forward;
};

BoundPrimitive bind_forward(const Kernel& kernel) {
  const Pooling p(kernel);
  BoundPrimitive bound(p.engine, dnnl::pooling_forward(p.forward), p.forward.scratchpad_desc());
  bound.reads(DNNL_ARG_SRC, p.input, p.input);
  bound.writes(DNNL_ARG_DST, p.output, p.output);
  bound.writes(DNNL_ARG_WORKSPACE, p.forward.workspace_desc(), p.forward.workspace_desc());
  return bound;
}

BoundPrimitive bind_backward(const Kernel& kernel) {
  const Pooling p(kernel);
  const dnnl::pooling_backward::primitive_desc backward({p.algorithm, p.input, p.output, p.strides, p.window, p.padding, p.padding},
                                                        own_scratchpad(), p.engine, p.forward);
  BoundPrimitive bound(p.engine, dnnl::pooling_backward(backward), backward.scratchpad_desc());
  bound.reads(DNNL_ARG_DIFF_DST, p.output, p.output);
  bound.reads(DNNL_ARG_WORKSPACE, backward.workspace_desc(), backward.workspace_desc());
  bound.writes(DNNL_ARG_DIFF_SRC, p.input, p.input);
  return bound;
}

class Forward final : public Operator {
 public:
  explicit Forward(const Kernel& kernel) : bound_(bind_forward(kernel)) {}
  void run(const LayerBuffers& b) override { bound_.run({b.input, b.output, b.indices}); }

 private:
  BoundPrimitive bound_;
};

class BackwardData final : public Operator {
 public:
  explicit BackwardData(const Kernel& kernel) : bound_(bind_backward(kernel)) {}
  void run(const LayerBuffers& b) override { bound_.run({b.output_gradient, b.indices, b.input_gradient}); }

 private:
  BoundPrimitive bound_;
};

}  // namespace

std::unique_ptr<Operator> onednn_pool(const Kernel& kernel) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  return std::make_unique<BackwardData>(kernel);
}

}  // namespace forerun::cpu
