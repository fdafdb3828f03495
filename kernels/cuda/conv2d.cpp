#include <algorithm>
#include <initializer_list>
#include <utility>

#include "kernels/cuda/columns.hpp"
#include "kernels/cuda/common/arrays.hpp"
#include "kernels/cuda/convolution/algorithms.hpp"
#include "kernels/cuda/convolution/aligned_copies.hpp"
#include "kernels/cuda/elementwise.hpp"
#include "kernels/cuda/layers.hpp"
#include "kernels/layer_arrays.hpp"
#include "workloads/formulas.hpp"

namespace forerun::cuda {

namespace {

constexpr float kOne = 1, kZero = 0;

/// One pass. Scratch memory begins with the workspace of cuDNN's algorithm; behind it lie copies of arrays that cuDNN cannot access.
template <class Found>
class Conv2d : public Operator {
 public:
  /// Whether cuDNN has an algorithm; else there is nothing to run.
  [[nodiscard]] bool found() const { return !algorithms_.empty(); }

 protected:
  /// cuDNN's functions for the pass: heuristic(dnn, descriptors, ...) and workspace_of(dnn, descriptors, ...), as DnnAlgorithms calls them.
  template <class Heuristic, class WorkspaceOf>
  Conv2d(const Kernel& kernel, std::shared_ptr<Context> context, Heuristic heuristic, WorkspaceOf workspace_of)
      : descriptors_(kernel),
        precision_(kernel.precision),
        rows_(kernel.batch * kernel.shape.output.positions()),
        outputs_(kernel.shape.output.channels),
        filter_(parameters(kernel.shape) - (kernel.shape.bias ? outputs_ : 0)),
        x_bytes_(activation_bytes(precision_, kernel.batch * kernel.shape.input.elements())),
        y_bytes_(activation_bytes(precision_, rows_ * outputs_)),
        filter_bytes_(activation_bytes(precision_, filter_)),
        bias_bytes_(activation_bytes(precision_, outputs_)),
        biased_(kernel.shape.bias),
        context_(std::move(context)),
        algorithms_(
            descriptors_, [&](auto... rest) { return heuristic(context_->dnn(), descriptors_, rest...); },
            [&](auto... rest) { return workspace_of(context_->dnn(), descriptors_, rest...); }) {}

  /// Scratch memory with room for so many bytes, and for copies of those of the arrays that need one.
  AlignedCopies copies_behind(std::size_t bytes, std::initializer_list<std::pair<const void*, std::size_t>> arrays) {
    const std::size_t taken = AlignedCopies::rounded(bytes);
    return {static_cast<std::byte*>(context_->scratch(taken + AlignedCopies::bytes_for(arrays))) + taken, context_->stream()};
  }

  ConvolutionDescriptors descriptors_;
  Precision precision_;
  std::int64_t rows_;  // pixels of all outputs
  std::int64_t outputs_;
  std::int64_t filter_;  // elements
  std::size_t x_bytes_;
  std::size_t y_bytes_;
  std::size_t filter_bytes_;  // as products read it
  std::size_t bias_bytes_;
  bool biased_;
  std::shared_ptr<Context> context_;
  DnnAlgorithms<Found> algorithms_;
};

/// Y = X * W + b. The bias goes with the convolution where cuDNN takes both, which it does for one algorithm.
class Forward final : public Conv2d<cudnnConvolutionFwdAlgoPerf_t> {
 public:
  Forward(const Kernel& kernel, std::shared_ptr<Context> context)
      : Conv2d(
            kernel, std::move(context),
            [](cudnnHandle_t dnn, const ConvolutionDescriptors& d, auto... rest) {
              return cudnnGetConvolutionForwardAlgorithm_v7(dnn, d.x, d.filter, d.convolution, d.y, rest...);
            },
            [](cudnnHandle_t dnn, const ConvolutionDescriptors& d, auto... rest) {
              return cudnnGetConvolutionForwardWorkspaceSize(dnn, d.x, d.filter, d.convolution, d.y, rest...);
            }),
        fuses_bias_(biased_) {
    check(cudnnSetActivationDescriptor(identity_, CUDNN_ACTIVATION_IDENTITY, CUDNN_NOT_PROPAGATE_NAN, 0), "cudnnSetActivationDescriptor");
    if (found()) context_->scratch(algorithms_.first().workspace);
  }

  void run(const LayerBuffers& b) override {
    const std::byte *weights = read_weights(precision_, b), *bias = weights + filter_bytes_;
    bool has_bias = !biased_;
    algorithms_.run("conv2d forward", [&](const Choice& choice) {
      AlignedCopies copies = copies_behind(
          choice.workspace, {{b.input, x_bytes_}, {weights, filter_bytes_}, {biased_ ? bias : nullptr, bias_bytes_}, {b.output, y_bytes_}});
      const Pointers p{copies.readable(b.input, x_bytes_), copies.readable(weights, filter_bytes_), copies.writable(b.output, y_bytes_),
                       context_->scratch(0)};
      cudnnStatus_t status = CUDNN_STATUS_NOT_SUPPORTED;
      if (fuses_bias_ && choice.algorithm == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM) {
        status = run_with_bias(p, copies.readable(bias, bias_bytes_), choice);
        has_bias = status == CUDNN_STATUS_SUCCESS;
        fuses_bias_ = !is_unsupported(status);
      }
      if (is_unsupported(status)) status = run_without_bias(p, choice);
      if (status == CUDNN_STATUS_SUCCESS) copies.write_back(p.y, y_bytes_, b.output);
      return status;
    });
    if (!has_bias) add_bias(precision_, b.output, bias, rows_, outputs_, context_->stream());
  }

 private:
  using Choice = DnnAlgorithm<cudnnConvolutionFwdAlgo_t>;
  struct Pointers {
    const void* x;
    const void* filter;
    void* y;
    void* workspace;
  };

  cudnnStatus_t run_without_bias(const Pointers& p, const Choice& choice) {
    const ConvolutionDescriptors& d = descriptors_;
    return cudnnConvolutionForward(context_->dnn(), &kOne, d.x, p.x, d.filter, p.filter, d.convolution, choice.algorithm, p.workspace,
                                   choice.workspace, &kZero, d.y, p.y);
  }

  /// What is added to the result is the result itself, times nothing, since cuDNN wants an array.
  cudnnStatus_t run_with_bias(const Pointers& p, const void* bias, const Choice& choice) {
    const ConvolutionDescriptors& d = descriptors_;
    return cudnnConvolutionBiasActivationForward(context_->dnn(), &kOne, d.x, p.x, d.filter, p.filter, d.convolution, choice.algorithm,
                                                 p.workspace, choice.workspace, &kZero, d.y, p.y, d.bias, bias, identity_, d.y, p.y);
  }

  DnnActivation identity_;
  bool fuses_bias_;
};

/// cuDNN's gradient of a filter has the filter's type: in bf16 it is left behind the workspace, and widened from there.
class BackwardWeights final : public Conv2d<cudnnConvolutionBwdFilterAlgoPerf_t> {
 public:
  BackwardWeights(const Kernel& kernel, std::shared_ptr<Context> context)
      : Conv2d(
            kernel, std::move(context),
            [](cudnnHandle_t dnn, const ConvolutionDescriptors& d, auto... rest) {
              return cudnnGetConvolutionBackwardFilterAlgorithm_v7(dnn, d.x, d.y, d.convolution, d.filter, rest...);
            },
            [](cudnnHandle_t dnn, const ConvolutionDescriptors& d, auto... rest) {
              return cudnnGetConvolutionBackwardFilterWorkspaceSize(dnn, d.x, d.y, d.convolution, d.filter, rest...);
            }),
        bias_sums_(precision_, rows_, outputs_) {
    if (found()) context_->scratch(std::max(taken(algorithms_.first().workspace), bias_sums_.scratch_bytes()));
  }

  void run(const LayerBuffers& b) override {
    const ConvolutionDescriptors& d = descriptors_;
    algorithms_.run("conv2d backward weights", [&](const auto& choice) {
      AlignedCopies copies =
          copies_behind(taken(choice.workspace),
                        {{b.input, x_bytes_}, {b.output_gradient, y_bytes_}, {d.bf16 ? nullptr : b.weight_gradient, filter_bytes_}});
      const void *x = copies.readable(b.input, x_bytes_), *dy = copies.readable(b.output_gradient, y_bytes_);
      auto* workspace = static_cast<std::byte*>(context_->scratch(0));
      void* gradient = d.bf16 ? workspace + AlignedCopies::rounded(choice.workspace) : copies.writable(b.weight_gradient, filter_bytes_);
      const cudnnStatus_t status = cudnnConvolutionBackwardFilter(context_->dnn(), &kOne, d.x, x, d.y, dy, d.convolution, choice.algorithm,
                                                                  workspace, choice.workspace, &kZero, d.filter, gradient);
      if (status == CUDNN_STATUS_SUCCESS && d.bf16) widen_bf16(gradient, filter_, b.weight_gradient, context_->stream());
      if (status == CUDNN_STATUS_SUCCESS && !d.bf16) copies.write_back(gradient, filter_bytes_, b.weight_gradient);
      return status;
    });
    if (biased_)
      bias_sums_.run(b.output_gradient, b.weight_gradient + filter_, context_->scratch(bias_sums_.scratch_bytes()), context_->stream());
  }

 private:
  /// With the gradient in bf16 behind the workspace.
  [[nodiscard]] std::size_t taken(std::size_t workspace) const {
    return AlignedCopies::rounded(workspace) + (descriptors_.bf16 ? AlignedCopies::rounded(filter_bytes_) : 0);
  }

  ColumnSums bias_sums_;
};

class BackwardData final : public Conv2d<cudnnConvolutionBwdDataAlgoPerf_t> {
 public:
  BackwardData(const Kernel& kernel, std::shared_ptr<Context> context)
      : Conv2d(
            kernel, std::move(context),
            [](cudnnHandle_t dnn, const ConvolutionDescriptors& d, auto... rest) {
              return cudnnGetConvolutionBackwardDataAlgorithm_v7(dnn, d.filter, d.y, d.convolution, d.x, rest...);
            },
            [](cudnnHandle_t dnn, const ConvolutionDescriptors& d, auto... rest) {
              return cudnnGetConvolutionBackwardDataWorkspaceSize(dnn, d.filter, d.y, d.convolution, d.x, rest...);
            }) {
    if (found()) context_->scratch(algorithms_.first().workspace);
  }

  void run(const LayerBuffers& b) override {
    const ConvolutionDescriptors& d = descriptors_;
    const std::byte* weights = read_weights(precision_, b);
    algorithms_.run("conv2d backward data", [&](const auto& choice) {
      AlignedCopies copies =
          copies_behind(choice.workspace, {{weights, filter_bytes_}, {b.output_gradient, y_bytes_}, {b.input_gradient, x_bytes_}});
      const void *filter = copies.readable(weights, filter_bytes_), *dy = copies.readable(b.output_gradient, y_bytes_);
      void* dx = copies.writable(b.input_gradient, x_bytes_);
      const cudnnStatus_t status = cudnnConvolutionBackwardData(context_->dnn(), &kOne, d.filter, filter, d.y, dy, d.convolution,
                                                                choice.algorithm, context_->scratch(0), choice.workspace, &kZero, d.x, dx);
      if (status == CUDNN_STATUS_SUCCESS) copies.write_back(dx, x_bytes_, b.input_gradient);
      return status;
    });
  }
};

/// Whether each pixel of the output is made of one of the input: a dense layer of each pixel, in layout too.
bool is_dense(const LayerShape& shape) {
  return shape.window == Extent(1) && shape.stride == Extent(1) && shape.padding == Padding(0) && shape.groups == 1;
}

template <class ByCudnn>
std::unique_ptr<Operator> by_cudnn(const Kernel& kernel, const std::shared_ptr<Context>& context) {
  auto made = std::make_unique<ByCudnn>(kernel, context);
  if (made->found()) return made;
  return direct_conv2d(kernel, context);
}

}  // namespace

std::unique_ptr<Operator> conv2d(const Kernel& kernel, std::shared_ptr<Context> context) {
  if (is_dense(kernel.shape)) return dense(kernel, std::move(context));
  if (kernel.pass == Pass::forward) return by_cudnn<Forward>(kernel, context);
  if (kernel.pass == Pass::backward_weights) return by_cudnn<BackwardWeights>(kernel, context);
  return by_cudnn<BackwardData>(kernel, context);
}

}  // namespace forerun::cuda
