#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/onednn/primitive.hpp"

namespace forerun::cpu {

namespace {

/// An elementwise layer. The backward pass of relu reads the output, that of gelu the input.
struct Eltwise {
  explicit Eltwise(const Kernel& kernel)
      : engine(dnnl::engine::kind::cpu, 0),
        algorithm(kernel.shape.kind == LayerKind::relu ? dnnl::algorithm::eltwise_relu_use_dst_for_bwd : dnnl::algorithm::eltwise_gelu_erf),
        all(array({kernel.batch * kernel.shape.input.elements()}, dnnl::memory::format_tag::x)),
        forward({dnnl::prop_kind::forward_training, algorithm, all, 0.0F, 0.0F}, own_scratchpad(), engine) {}

  OpenMpTeam team;  // primitives are made for as many threads as there are now
  dnnl::engine engine;
  dnnl::algorithm algorithm;
  dnnl::memory::desc all;
  dnnl::eltwise_forward::primitive_desc forward;
};

BoundPrimitive bind_forward(const Kernel& kernel) {
  const Eltwise e(kernel);
  BoundPrimitive bound(e.engine, dnnl::eltwise_forward(e.forward), e.forward.scratchpad_desc());
  bound.reads(DNNL_ARG_SRC, e.all, e.all);
  bound.writes(DNNL_ARG_DST, e.all, e.all);
  return bound;
}

BoundPrimitive bind_backward(const Kernel& kernel) {
  const Eltwise e(kernel);
  const dnnl::eltwise_backward::primitive_desc backward({e.algorithm, e.all, e.all, 0.0F, 0.0F}, own_scratchpad(), e.engine, e.forward);
  BoundPrimitive bound(e.engine, dnnl::eltwise_backward(backward), backward.scratchpad_desc());
  bound.reads(kernel.shape.kind == LayerKind::relu ? DNNL_ARG_DST : DNNL_ARG_SRC, e.all, e.all);
  bound.reads(DNNL_ARG_DIFF_DST, e.all, e.all);
  bound.writes(DNNL_ARG_DIFF_SRC, e.all, e.all);
  return bound;
}

class Forward final : public Operator {
 public:
  explicit Forward(const Kernel& kernel) : bound_(bind_forward(kernel)) {}
  void run(const LayerBuffers& b) override { bound_.run({b.input, b.output}); }

 private:
  BoundPrimitive bound_;
};

class BackwardData final : public Operator {
 public:
  explicit BackwardData(const Kernel& kernel) : bound_(bind_backward(kernel)), reads_output_(kernel.shape.kind == LayerKind::relu) {}
  void run(const LayerBuffers& b) override { bound_.run({reads_output_ ? b.output : b.input, b.output_gradient, b.input_gradient}); }

 private:
  BoundPrimitive bound_;
  bool reads_output_;
};

}  // namespace

std::unique_ptr<Operator> onednn_eltwise(const Kernel& kernel) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  return std::make_unique<BackwardData>(kernel);
}

}  // namespace forerun::cpu
