#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/onednn/primitive.hpp"

namespace forerun::cpu {

namespace {

using Tag = dnnl::memory::format_tag;

/// The inner product on the caller's layout of the weights, which oneDNN does by its GEMM. Letting it choose a blocked layout and
/// reordering costs more than the faster product gains, at every size of bench/kernels.cpp.
struct InnerProduct {
  explicit InnerProduct(const Kernel& kernel)
      : engine(dnnl::engine::kind::cpu, 0),
        input(array({kernel.batch * kernel.shape.input.positions(), kernel.shape.input.channels}, Tag::nc)),
        output(array({kernel.batch * kernel.shape.output.positions(), kernel.shape.output.channels}, Tag::nc)),
        weights(array({kernel.shape.output.channels, kernel.shape.input.channels}, Tag::oi)),
        bias(kernel.shape.bias ? array({kernel.shape.output.channels}, Tag::x) : dnnl::memory::desc()),
        forward({dnnl::prop_kind::forward_training, input, weights, bias, output}, own_scratchpad(), engine) {}

  OpenMpTeam team;  // primitives are made for as many threads as there are now
  dnnl::engine engine;
  dnnl::memory::desc input;
  dnnl::memory::desc output;
  dnnl::memory::desc weights;
  dnnl::memory::desc bias;
  dnnl::inner_product_forward::primitive_desc forward;
};

BoundPrimitive bind_forward(const Kernel& kernel) {
  const InnerProduct p(kernel);
  BoundPrimitive bound(p.engine, dnnl::inner_product_forward(p.forward), p.forward.scratchpad_desc());
  bound.reads(DNNL_ARG_SRC, p.input, p.input);
  bound.reads(DNNL_ARG_WEIGHTS, p.weights, p.weights);
  bound.reads(DNNL_ARG_BIAS, p.bias, p.bias);
  bound.writes(DNNL_ARG_DST, p.output, p.output);
  return bound;
}

BoundPrimitive bind_backward_weights(const Kernel& kernel) {
  const InnerProduct p(kernel);
  const dnnl::inner_product_backward_weights::primitive_desc backward({p.input, p.weights, p.bias, p.output}, own_scratchpad(), p.engine,
                                                                      p.forward);
  BoundPrimitive bound(p.engine, dnnl::inner_product_backward_weights(backward), backward.scratchpad_desc());
  bound.reads(DNNL_ARG_SRC, p.input, p.input);
  bound.reads(DNNL_ARG_DIFF_DST, p.output, p.output);
  bound.writes(DNNL_ARG_DIFF_WEIGHTS, p.weights, p.weights);
  bound.writes(DNNL_ARG_DIFF_BIAS, p.bias, p.bias);
  return bound;
}

BoundPrimitive bind_backward_data(const Kernel& kernel) {
  const InnerProduct p(kernel);
  const dnnl::inner_product_backward_data::primitive_desc backward({p.input, p.weights, p.output}, own_scratchpad(), p.engine, p.forward);
  BoundPrimitive bound(p.engine, dnnl::inner_product_backward_data(backward), backward.scratchpad_desc());
  bound.reads(DNNL_ARG_DIFF_DST, p.output, p.output);
  bound.reads(DNNL_ARG_WEIGHTS, p.weights, p.weights);
  bound.writes(DNNL_ARG_DIFF_SRC, p.input, p.input);
  return bound;
}

class Forward final : public Operator {
 public:
  explicit Forward(const Kernel& kernel)
      : bound_(bind_forward(kernel)), bias_(kernel.shape.input.channels * kernel.shape.output.channels) {}
  void run(const LayerBuffers& b) override { bound_.run({b.input, b.weights, b.weights + bias_, b.output}); }

 private:
  BoundPrimitive bound_;
  std::int64_t bias_;
};

class BackwardWeights final : public Operator {
 public:
  explicit BackwardWeights(const Kernel& kernel)
      : bound_(bind_backward_weights(kernel)), bias_(kernel.shape.input.channels * kernel.shape.output.channels) {}
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

std::unique_ptr<Operator> onednn_dense(const Kernel& kernel) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel);
  if (kernel.pass == Pass::backward_weights) return std::make_unique<BackwardWeights>(kernel);
  return std::make_unique<BackwardData>(kernel);
}

}  // namespace forerun::cpu
