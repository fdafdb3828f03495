#include "kernels/cuda/convolution/direct.hpp"

#include "kernels/cuda/columns.hpp"
#include "kernels/cuda/common/arrays.hpp"
#include "kernels/cuda/layers.hpp"
#include "kernels/layer_arrays.hpp"
#include "workloads/formulas.hpp"

namespace forerun::cuda {

namespace {

class DirectConv2d final : public Operator {
 public:
  DirectConv2d(const Kernel& kernel, std::shared_ptr<Context> context)
      : shape_{window_shape(kernel, "a convolution"), static_cast<int>(kernel.shape.groups)},
        pass_(kernel.pass),
        precision_(kernel.precision),
        biased_(kernel.shape.bias),
        filter_(parameters(kernel.shape) - (biased_ ? kernel.shape.output.channels : 0)),
        bias_sums_(precision_, kernel.batch * kernel.shape.output.positions(), kernel.shape.output.channels),
        context_(std::move(context)) {
    if (pass_ == Pass::backward_weights) context_->scratch(bias_sums_.scratch_bytes());
  }

  void run(const LayerBuffers& b) override {
    const std::byte* weights = read_weights(precision_, b);
    const cudaStream_t stream = context_->stream();
    if (pass_ == Pass::forward) {
      const std::byte* bias = biased_ ? weights + activation_bytes(precision_, filter_) : nullptr;
      return direct_forward(precision_, shape_, b.input, weights, bias, b.output, stream);
    }
    if (pass_ == Pass::backward_data) return direct_backward_data(precision_, shape_, b.output_gradient, weights, b.input_gradient, stream);
    direct_backward_weights(precision_, shape_, b.input, b.output_gradient, b.weight_gradient, stream);
    if (biased_) bias_sums_.run(b.output_gradient, b.weight_gradient + filter_, context_->scratch(bias_sums_.scratch_bytes()), stream);
  }

 private:
  DirectConvolution shape_;
  Pass pass_;
  Precision precision_;
  bool biased_;
  std::int64_t filter_;  // elements
  ColumnSums bias_sums_;
  std::shared_ptr<Context> context_;
};

}  // namespace

std::unique_ptr<Operator> direct_conv2d(const Kernel& kernel, std::shared_ptr<Context> context) {
  return std::make_unique<DirectConv2d>(kernel, std::move(context));
}

}  // namespace forerun::cuda
