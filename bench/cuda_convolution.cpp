#include <cudnn.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "bench/cuda_peers.hpp"

namespace forerun::peers {

namespace {

constexpr std::size_t kScratch = std::size_t{1} << 30;

void require(cudnnStatus_t status, const char* what) {
  if (status != CUDNN_STATUS_SUCCESS) throw std::runtime_error(std::string(what) + ": " + cudnnGetErrorString(status));
}

class Convolution {
 public:
  Convolution(const Kernel& kernel, std::shared_ptr<cuda::Context> context)
      : context_(std::move(context)), kernel_(kernel), rounded_(kernel.precision == Precision::bf16), scratch_(kScratch) {
    require(cudnnCreate(&handle_), "cudnnCreate");
    require(cudnnSetStream(handle_, context_->stream()), "cudnnSetStream");
    const LayerShape& shape = kernel.shape;
    const cudnnDataType_t type = rounded_ ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
    const auto whole = [](std::int64_t value) { return static_cast<int>(value); };
    const auto image = [&](cudnnTensorDescriptor_t& tensor, const TensorShape& of) {
      require(cudnnCreateTensorDescriptor(&tensor), "cudnnCreateTensorDescriptor");
      require(cudnnSetTensor4dDescriptor(tensor, CUDNN_TENSOR_NHWC, type, whole(kernel.batch), whole(of.channels), whole(of.height),
                                         whole(of.width)),
              "cudnnSetTensor4dDescriptor");
    };
    image(x_, shape.input), image(y_, shape.output);
    require(cudnnCreateFilterDescriptor(&w_), "cudnnCreateFilterDescriptor");
    require(cudnnSetFilter4dDescriptor(w_, type, CUDNN_TENSOR_NHWC, whole(shape.output.channels),
                                       whole(shape.input.channels / shape.groups), shape.window.height, shape.window.width),
            "cudnnSetFilter4dDescriptor");
    require(cudnnCreateConvolutionDescriptor(&convolution_), "cudnnCreateConvolutionDescriptor");
    require(cudnnSetConvolution2dDescriptor(convolution_, shape.padding.height, shape.padding.width, shape.stride.height,
                                            shape.stride.width, 1, 1, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
            "cudnnSetConvolution2dDescriptor");
    require(cudnnSetConvolutionGroupCount(convolution_, whole(shape.groups)), "cudnnSetConvolutionGroupCount");
    // Without TF32 in float32, as our operators calculate.
    require(cudnnSetConvolutionMathType(convolution_, rounded_ ? CUDNN_TENSOR_OP_MATH : CUDNN_FMA_MATH), "cudnnSetConvolutionMathType");
  }
  ~Convolution() {
    cudnnDestroyConvolutionDescriptor(convolution_);
    cudnnDestroyFilterDescriptor(w_);
    cudnnDestroyTensorDescriptor(x_), cudnnDestroyTensorDescriptor(y_);
    cudnnDestroy(handle_);
  }
  Convolution(const Convolution&) = delete;
  Convolution& operator=(const Convolution&) = delete;

  void run(const LayerBuffers& b) {
    if (!chosen_) choose(b), chosen_ = true;
    const float one = 1, zero = 0;
    const void* w = weights(b);
    switch (kernel_.pass) {
      case Pass::forward:
        return require(cudnnConvolutionForward(handle_, &one, x_, b.input, w_, w, convolution_, forward_, scratch_.data(), kScratch, &zero,
                                               y_, b.output),
                       "cudnnConvolutionForward");
      case Pass::backward_weights:
        return require(cudnnConvolutionBackwardFilter(handle_, &one, x_, b.input, y_, b.output_gradient, convolution_, filter_,
                                                      scratch_.data(), kScratch, &zero, w_, b.weight_gradient),
                       "cudnnConvolutionBackwardFilter");
      default:
        return require(cudnnConvolutionBackwardData(handle_, &one, w_, w, y_, b.output_gradient, convolution_, data_, scratch_.data(),
                                                    kScratch, &zero, x_, b.input_gradient),
                       "cudnnConvolutionBackwardData");
    }
  }

 private:
  [[nodiscard]] const void* weights(const LayerBuffers& b) const { return rounded_ ? b.rounded_weights : b.weights; }

  /// The first that is listed is the fastest; it need not have worked.
  template <class Performance>
  static auto fastest(const Performance& performance, cudnnStatus_t status, int count) {
    require(status, "cudnnFindConvolution");
    if (count == 0) throw std::runtime_error("cuDNN has no algorithm for the convolution");
    require(performance.status, "cudnnFindConvolution");
    return performance.algo;
  }

  void choose(const LayerBuffers& b) {
    int count = 0;
    if (kernel_.pass == Pass::forward) {
      cudnnConvolutionFwdAlgoPerf_t found{};
      const cudnnStatus_t status = cudnnFindConvolutionForwardAlgorithmEx(handle_, x_, b.input, w_, weights(b), convolution_, y_, b.output,
                                                                          1, &count, &found, scratch_.data(), kScratch);
      forward_ = fastest(found, status, count);
    } else if (kernel_.pass == Pass::backward_weights) {
      cudnnConvolutionBwdFilterAlgoPerf_t found{};
      const cudnnStatus_t status = cudnnFindConvolutionBackwardFilterAlgorithmEx(
          handle_, x_, b.input, y_, b.output_gradient, convolution_, w_, b.weight_gradient, 1, &count, &found, scratch_.data(), kScratch);
      filter_ = fastest(found, status, count);
    } else {
      cudnnConvolutionBwdDataAlgoPerf_t found{};
      const cudnnStatus_t status = cudnnFindConvolutionBackwardDataAlgorithmEx(
          handle_, w_, weights(b), y_, b.output_gradient, convolution_, x_, b.input_gradient, 1, &count, &found, scratch_.data(), kScratch);
      data_ = fastest(found, status, count);
    }
  }

  std::shared_ptr<cuda::Context> context_;
  Kernel kernel_;
  bool rounded_;
  bool chosen_ = false;
  cuda::DeviceMemory scratch_;
  cudnnHandle_t handle_ = nullptr;
  cudnnTensorDescriptor_t x_ = nullptr, y_ = nullptr;
  cudnnFilterDescriptor_t w_ = nullptr;
  cudnnConvolutionDescriptor_t convolution_ = nullptr;
  cudnnConvolutionFwdAlgo_t forward_ = CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM;
  cudnnConvolutionBwdFilterAlgo_t filter_ = CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0;
  cudnnConvolutionBwdDataAlgo_t data_ = CUDNN_CONVOLUTION_BWD_DATA_ALGO_0;
};

}  // namespace

Call convolution(const Kernel& kernel, const std::shared_ptr<cuda::Context>& context) {
  return [convolution = std::make_shared<Convolution>(kernel, context)](const LayerBuffers& buffers) { convolution->run(buffers); };
}

}  // namespace forerun::peers
