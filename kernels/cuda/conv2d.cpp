#include <algorithm>
#include <initializer_list>
#include <utility>

#include "kernels/ceil_div.hpp"
#include "kernels/cuda/columns.hpp"
#include "kernels/cuda/convolution.hpp"
#include "kernels/cuda/elementwise.hpp"
#include "kernels/cuda/layers.hpp"
#include "workloads/formulas.hpp"

namespace forerun::cuda {

namespace {

constexpr float kOne = 1, kZero = 0;
constexpr std::size_t kAlignment = 16;  // that kernels of cuDNN rely on; what lies behind other layers' weights or samples may lack it

constexpr std::size_t rounded(std::size_t bytes) { return ceil_div(bytes, 256) * 256; }
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
        x_bytes_(static_cast<std::size_t>(kernel.batch * kernel.shape.input.elements()) * activation_bytes()),
        y_bytes_(static_cast<std::size_t>(rows_ * outputs_) * activation_bytes()),
        biased_(kernel.shape.bias),
        context_(std::move(context)) {}

  [[nodiscard]] std::size_t activation_bytes() const { return descriptors_.bf16 ? 2 : 4; }
  [[nodiscard]] std::size_t filter_bytes() const { return static_cast<std::size_t>(filter_) * activation_bytes(); }
  [[nodiscard]] std::size_t bias_bytes() const { return static_cast<std::size_t>(outputs_) * activation_bytes(); }
  [[nodiscard]] const char* weights(const LayerBuffers& b) const {
    return static_cast<const char*>(descriptors_.bf16 ? b.rounded_weights : b.weights);
  }

  /// A copy of the array behind what is taken of scratch memory, where cuDNN cannot read the array itself.
  struct Behind {
    char* free;
    cudaStream_t stream;

    void* writable(void* array, std::size_t bytes) { return is_aligned(array) ? array : std::exchange(free, free + rounded(bytes)); }
    const void* readable(const void* array, std::size_t bytes) {
      if (is_aligned(array)) return array;
      copy(free, array, bytes);
      return std::exchange(free, free + rounded(bytes));
    }
    void copy(void* to, const void* from, std::size_t bytes) const {
      if (to != from) check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream), "a copy of an array of conv2d");
    }
  };

  /// Scratch memory behind a workspace, with room for copies of as many bytes of the arrays as need one.
  Behind behind(std::size_t workspace, std::initializer_list<std::pair<const void*, std::size_t>> arrays) {
    std::size_t bytes = rounded(workspace);
    for (const auto& [array, size] : arrays)
      if (!is_aligned(array)) bytes += rounded(size);
    return {static_cast<char*>(context_->scratch(bytes)) + rounded(workspace), context_->stream()};
  }

  ConvolutionDescriptors descriptors_;
  Precision precision_;
  std::int64_t rows_;  // pixels of all outputs
  std::int64_t outputs_;
  std::int64_t filter_;  // elements
  std::size_t x_bytes_;
  std::size_t y_bytes_;
  bool biased_;
  std::shared_ptr<Context> context_;
};

/// Y = X * W + b. The bias goes with the convolution where cuDNN takes both, which it does for one algorithm.
class Forward final : public Conv2d {
 public:
  Forward(const Kernel& kernel, std::shared_ptr<Context> context)
      : Conv2d(kernel, std::move(context)), algorithms_(find()), fuses_bias_(biased_) {
    check(cudnnSetActivationDescriptor(identity_, CUDNN_ACTIVATION_IDENTITY, CUDNN_NOT_PROPAGATE_NAN, 0), "cudnnSetActivationDescriptor");
    if (found()) context_->scratch(algorithms_.first().workspace);
  }

  /// Whether cuDNN has an algorithm; else there is nothing to run.
  [[nodiscard]] bool found() const { return !algorithms_.empty(); }
  void run(const LayerBuffers& b) override {
    const char* bias = weights(b) + filter_bytes();
    bool has_bias = !biased_;
    algorithms_.run("conv2d forward", [&](const auto& choice) {
      Behind copies =
          behind(choice.workspace,
                 {{b.input, x_bytes_}, {weights(b), filter_bytes()}, {biased_ ? bias : nullptr, bias_bytes()}, {b.output, y_bytes_}});
      const Pointers p{copies.readable(b.input, x_bytes_), copies.readable(weights(b), filter_bytes()), copies.writable(b.output, y_bytes_),
                       context_->scratch(0)};
      cudnnStatus_t status = CUDNN_STATUS_NOT_SUPPORTED;
      if (fuses_bias_ && choice.algorithm == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM) {
        status = run_with_bias(p, copies.readable(bias, bias_bytes()), choice);
        has_bias = status == CUDNN_STATUS_SUCCESS;
        fuses_bias_ = !is_unsupported(status);
      }
      if (is_unsupported(status)) status = run_without_bias(p, choice);
      if (status == CUDNN_STATUS_SUCCESS) copies.copy(b.output, p.y, y_bytes_);
      return status;
    });
    if (!has_bias) add_bias(precision_, b.output, bias, rows_, outputs_, context_->stream());
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

  Algorithms algorithms_;
  DnnActivation identity_;
  bool fuses_bias_;
};

/// cuDNN's gradient of a filter has the filter's type: in bf16 it is widened behind it.
class BackwardWeights final : public Conv2d {
 public:
  BackwardWeights(const Kernel& kernel, std::shared_ptr<Context> context)
      : Conv2d(kernel, std::move(context)), algorithms_(find()), bias_sums_(precision_, rows_, outputs_) {
    if (found()) context_->scratch(std::max(taken(algorithms_.first().workspace), bias_sums_.scratch_bytes()));
  }

  [[nodiscard]] bool found() const { return !algorithms_.empty(); }
  void run(const LayerBuffers& b) override {
    const ConvolutionDescriptors& d = descriptors_;
    algorithms_.run("conv2d backward weights", [&](const auto& choice) {
      Behind copies = behind(taken(choice.workspace),
                             {{b.input, x_bytes_}, {b.output_gradient, y_bytes_}, {d.bf16 ? nullptr : b.weight_gradient, filter_bytes()}});
      const void *x = copies.readable(b.input, x_bytes_), *dy = copies.readable(b.output_gradient, y_bytes_);
      char* workspace = static_cast<char*>(context_->scratch(0));
      void* gradient = d.bf16 ? workspace + rounded(choice.workspace) : copies.writable(b.weight_gradient, filter_bytes());
      const cudnnStatus_t status = cudnnConvolutionBackwardFilter(context_->dnn(), &kOne, d.x, x, d.y, dy, d.convolution, choice.algorithm,
                                                                  workspace, choice.workspace, &kZero, d.filter, gradient);
      if (status == CUDNN_STATUS_SUCCESS && d.bf16) widen_bf16(gradient, filter_, b.weight_gradient, context_->stream());
      if (status == CUDNN_STATUS_SUCCESS && !d.bf16) copies.copy(b.weight_gradient, gradient, filter_bytes());
      return status;
    });
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

  /// With the gradient in bf16 behind the workspace.
  [[nodiscard]] std::size_t taken(std::size_t workspace) const {
    return rounded(workspace) + (descriptors_.bf16 ? rounded(filter_bytes()) : 0);
  }

  Algorithms algorithms_;
  ColumnSums bias_sums_;
};

class BackwardData final : public Conv2d {
 public:
  BackwardData(const Kernel& kernel, std::shared_ptr<Context> context) : Conv2d(kernel, std::move(context)), algorithms_(find()) {
    if (found()) context_->scratch(algorithms_.first().workspace);
  }

  [[nodiscard]] bool found() const { return !algorithms_.empty(); }
  void run(const LayerBuffers& b) override {
    const ConvolutionDescriptors& d = descriptors_;
    algorithms_.run("conv2d backward data", [&](const auto& choice) {
      Behind copies = behind(choice.workspace, {{weights(b), filter_bytes()}, {b.output_gradient, y_bytes_}, {b.input_gradient, x_bytes_}});
      const void *filter = copies.readable(weights(b), filter_bytes()), *dy = copies.readable(b.output_gradient, y_bytes_);
      void* dx = copies.writable(b.input_gradient, x_bytes_);
      const cudnnStatus_t status = cudnnConvolutionBackwardData(context_->dnn(), &kOne, d.filter, filter, d.y, dy, d.convolution,
                                                                choice.algorithm, context_->scratch(0), choice.workspace, &kZero, d.x, dx);
      if (status == CUDNN_STATUS_SUCCESS) copies.copy(b.input_gradient, dx, x_bytes_);
      return status;
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
