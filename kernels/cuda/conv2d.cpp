#include <algorithm>
#include <utility>

#include "kernels/cuda/columns.hpp"
#include "kernels/cuda/convolution.hpp"
#include "kernels/cuda/elementwise.hpp"
#include "kernels/cuda/layers.hpp"
#include "workloads/formulas.hpp"

namespace forerun::cuda {

namespace {

constexpr float kOne = 1, kZero = 0;
constexpr std::size_t kAlignment = 16;  // that kernels of cuDNN rely on, and that weights which lie behind others need not have

constexpr std::size_t rounded(std::size_t bytes) { return (bytes + 255) / 256 * 256; }
bool is_aligned(const void* array) { return reinterpret_cast<std::uintptr_t>(array) % kAlignment == 0; }

/// Scratch memory begins with the workspace of cuDNN's algorithm.
class Conv2d : public Operator {
 protected:
  Conv2d(const Kernel& kernel, std::shared_ptr<Context> context)
      : descriptors_(kernel),
        precision_(kernel.precision),
        rows_(kernel.batch * kernel.shape.output.positions()),
        outputs_(kernel.shape.output.channels),
        filter_(parameters(kernel.shape) - (kernel.shape.bias ? outputs_ : 0)),
        biased_(kernel.shape.bias),
        context_(std::move(context)) {}

  [[nodiscard]] std::size_t activation_bytes() const { return descriptors_.bf16 ? 2 : 4; }
  [[nodiscard]] std::size_t filter_bytes() const { return static_cast<std::size_t>(filter_) * activation_bytes(); }
  [[nodiscard]] std::size_t bias_bytes() const { return static_cast<std::size_t>(outputs_) * activation_bytes(); }
  [[nodiscard]] const char* weights(const LayerBuffers& b) const {
    return static_cast<const char*>(descriptors_.bf16 ? b.rounded_weights : b.weights);
  }

  /// The array itself where cuDNN can read it, else a copy of it at `at`, which then is behind it.
  const void* readable(const void* array, std::size_t bytes, char*& at) const {
    if (is_aligned(array)) return array;
    check(cudaMemcpyAsync(at, array, bytes, cudaMemcpyDeviceToDevice, context_->stream()), "a copy of the weights of conv2d");
    return std::exchange(at, at + rounded(bytes));
  }

  ConvolutionDescriptors descriptors_;
  Precision precision_;
  std::int64_t rows_;  // pixels of all outputs
  std::int64_t outputs_;
  std::int64_t filter_;  // elements
  bool biased_;
  std::shared_ptr<Context> context_;
};

/// Y = X * W + b. The bias goes with the convolution where cuDNN takes both, which it does for one algorithm.
class Forward final : public Conv2d {
 public:
  Forward(const Kernel& kernel, std::shared_ptr<Context> context)
      : Conv2d(kernel, std::move(context)), algorithms_(find()), fuses_bias_(biased_) {
    check(cudnnSetActivationDescriptor(identity_, CUDNN_ACTIVATION_IDENTITY, CUDNN_NOT_PROPAGATE_NAN, 0), "cudnnSetActivationDescriptor");
    if (found()) context_->scratch(scratch_bytes(algorithms_.first().workspace));
  }

  /// Whether cuDNN has an algorithm; else there is nothing to run.
  [[nodiscard]] bool found() const { return !algorithms_.empty(); }
  void run(const LayerBuffers& b) override {
    bool has_bias = !biased_;
    algorithms_.run("conv2d forward", [&](const auto& choice) {
      char* workspace = static_cast<char*>(context_->scratch(scratch_bytes(choice.workspace)));
      char* behind = workspace + rounded(choice.workspace);
      const void* filter = readable(weights(b), filter_bytes(), behind);
      if (fuses_bias_ && choice.algorithm == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM) {
        const void* bias = readable(weights(b) + filter_bytes(), bias_bytes(), behind);
        const cudnnStatus_t status = run_with_bias(b, filter, bias, choice, workspace);
        has_bias = status == CUDNN_STATUS_SUCCESS;
        if (!is_unsupported(status)) return status;
        fuses_bias_ = false;
      }
      return cudnnConvolutionForward(context_->dnn(), &kOne, descriptors_.x, b.input, descriptors_.filter, filter, descriptors_.convolution,
                                     choice.algorithm, workspace, choice.workspace, &kZero, descriptors_.y, b.output);
    });
    if (!has_bias) add_bias(precision_, b.output, weights(b) + filter_bytes(), rows_, outputs_, context_->stream());
  }

 private:
  using Algorithms = DnnAlgorithms<cudnnConvolutionFwdAlgo_t>;

  Algorithms find() {
    const ConvolutionDescriptors& d = descriptors_;
    std::array<cudnnConvolutionFwdAlgoPerf_t, kMostDnnAlgorithms> found{};
    int count = 0;
    const cudnnStatus_t status = cudnnGetConvolutionForwardAlgorithm_v7(context_->dnn(), d.x, d.filter, d.convolution, d.y,
                                                                        kMostDnnAlgorithms, &count, found.data());
    if (!is_unsupported(status)) check(status, "cudnnGetConvolutionForwardAlgorithm_v7");
    return {d, found, count, [&](cudnnConvolutionFwdAlgo_t algorithm, std::size_t* bytes) {
              return cudnnGetConvolutionForwardWorkspaceSize(context_->dnn(), d.x, d.filter, d.convolution, d.y, algorithm, bytes);
            }};
  }

  [[nodiscard]] std::size_t scratch_bytes(std::size_t workspace) const {
    return rounded(workspace) + rounded(filter_bytes()) + rounded(bias_bytes());
  }

  /// What is added to the result is the result itself, times nothing, since cuDNN wants an array.
  cudnnStatus_t run_with_bias(const LayerBuffers& b, const void* filter, const void* bias,
                              const DnnAlgorithm<cudnnConvolutionFwdAlgo_t>& choice, void* workspace) {
    const ConvolutionDescriptors& d = descriptors_;
    return cudnnConvolutionBiasActivationForward(context_->dnn(), &kOne, d.x, b.input, d.filter, filter, d.convolution, choice.algorithm,
                                                 workspace, choice.workspace, &kZero, d.y, b.output, d.bias, bias, identity_, d.y,
                                                 b.output);
  }

  Algorithms algorithms_;
  DnnActivation identity_;
  bool fuses_bias_;
};

/// cuDNN's gradient of a filter has the filter's type: in bf16 it is widened behind it.
class BackwardWeights final : public Conv2d {
 public:
  BackwardWeights(const Kernel& kernel, std::shared_ptr<Context> context)
      : Conv2d(kernel, std::move(context)), algorithms_(find()), bias_sums_(precision_, rows_, outputs_) {
    if (found()) context_->scratch(std::max(scratch_bytes(algorithms_.first().workspace), bias_sums_.scratch_bytes()));
  }

  [[nodiscard]] bool found() const { return !algorithms_.empty(); }
  void run(const LayerBuffers& b) override {
    const ConvolutionDescriptors& d = descriptors_;
    const bool direct = !d.bf16 && is_aligned(b.weight_gradient);
    void* gradient = nullptr;
    algorithms_.run("conv2d backward weights", [&](const auto& choice) {
      char* workspace = static_cast<char*>(context_->scratch(scratch_bytes(choice.workspace)));
      gradient = direct ? static_cast<void*>(b.weight_gradient) : workspace + rounded(choice.workspace);
      return cudnnConvolutionBackwardFilter(context_->dnn(), &kOne, d.x, b.input, d.y, b.output_gradient, d.convolution, choice.algorithm,
                                            workspace, choice.workspace, &kZero, d.filter, gradient);
    });
    if (d.bf16)
      widen_bf16(gradient, filter_, b.weight_gradient, context_->stream());
    else if (!direct)
      check(cudaMemcpyAsync(b.weight_gradient, gradient, filter_bytes(), cudaMemcpyDeviceToDevice, context_->stream()),
            "conv2d backward weights");
    if (biased_)
      bias_sums_.run(b.output_gradient, b.weight_gradient + filter_, context_->scratch(bias_sums_.scratch_bytes()), context_->stream());
  }

 private:
  using Algorithms = DnnAlgorithms<cudnnConvolutionBwdFilterAlgo_t>;

  Algorithms find() {
    const ConvolutionDescriptors& d = descriptors_;
    std::array<cudnnConvolutionBwdFilterAlgoPerf_t, kMostDnnAlgorithms> found{};
    int count = 0;
    const cudnnStatus_t status = cudnnGetConvolutionBackwardFilterAlgorithm_v7(context_->dnn(), d.x, d.y, d.convolution, d.filter,
                                                                               kMostDnnAlgorithms, &count, found.data());
    if (!is_unsupported(status)) check(status, "cudnnGetConvolutionBackwardFilterAlgorithm_v7");
    return {d, found, count, [&](cudnnConvolutionBwdFilterAlgo_t algorithm, std::size_t* bytes) {
              return cudnnGetConvolutionBackwardFilterWorkspaceSize(context_->dnn(), d.x, d.y, d.convolution, d.filter, algorithm, bytes);
            }};
  }

  [[nodiscard]] std::size_t scratch_bytes(std::size_t workspace) const { return rounded(workspace) + rounded(filter_bytes()); }

  Algorithms algorithms_;
  ColumnSums bias_sums_;
};

class BackwardData final : public Conv2d {
 public:
  BackwardData(const Kernel& kernel, std::shared_ptr<Context> context) : Conv2d(kernel, std::move(context)), algorithms_(find()) {
    if (found()) context_->scratch(scratch_bytes(algorithms_.first().workspace));
  }

  [[nodiscard]] bool found() const { return !algorithms_.empty(); }
  void run(const LayerBuffers& b) override {
    const ConvolutionDescriptors& d = descriptors_;
    algorithms_.run("conv2d backward data", [&](const auto& choice) {
      char* workspace = static_cast<char*>(context_->scratch(scratch_bytes(choice.workspace)));
      char* behind = workspace + rounded(choice.workspace);
      return cudnnConvolutionBackwardData(context_->dnn(), &kOne, d.filter, readable(weights(b), filter_bytes(), behind), d.y,
                                          b.output_gradient, d.convolution, choice.algorithm, workspace, choice.workspace, &kZero, d.x,
                                          b.input_gradient);
    });
  }

 private:
  using Algorithms = DnnAlgorithms<cudnnConvolutionBwdDataAlgo_t>;

  Algorithms find() {
    const ConvolutionDescriptors& d = descriptors_;
    std::array<cudnnConvolutionBwdDataAlgoPerf_t, kMostDnnAlgorithms> found{};
    int count = 0;
    const cudnnStatus_t status = cudnnGetConvolutionBackwardDataAlgorithm_v7(context_->dnn(), d.filter, d.y, d.convolution, d.x,
                                                                             kMostDnnAlgorithms, &count, found.data());
    if (!is_unsupported(status)) check(status, "cudnnGetConvolutionBackwardDataAlgorithm_v7");
    return {d, found, count, [&](cudnnConvolutionBwdDataAlgo_t algorithm, std::size_t* bytes) {
              return cudnnGetConvolutionBackwardDataWorkspaceSize(context_->dnn(), d.filter, d.y, d.convolution, d.x, algorithm, bytes);
            }};
  }

  [[nodiscard]] std::size_t scratch_bytes(std::size_t workspace) const { return rounded(workspace) + rounded(filter_bytes()); }

  Algorithms algorithms_;
};

/// Whether each pixel of the output is made of one of the input: a dense layer of each pixel, in layout too.
bool is_dense(const LayerShape& shape) {
  return shape.window == Extent(1) && shape.stride == Extent(1) && shape.padding == Padding(0) && shape.groups == 1;
}

template <class CudnnOperator>
std::unique_ptr<Operator> by_cudnn(const Kernel& kernel, const std::shared_ptr<Context>& context) {
  auto made = std::make_unique<CudnnOperator>(kernel, context);
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
