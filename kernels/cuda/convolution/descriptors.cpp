#include "kernels/cuda/convolution/descriptors.hpp"

#include "kernels/cuda/common/arrays.hpp"

namespace forerun::cuda {

namespace {

void set(cudnnTensorDescriptor_t tensor, cudnnDataType_t type, std::int64_t samples, const TensorShape& shape) {
  require_int(samples * shape.elements(), "a convolution");
  check(cudnnSetTensor4dDescriptor(tensor, CUDNN_TENSOR_NHWC, type, static_cast<int>(samples), static_cast<int>(shape.channels),
                                   static_cast<int>(shape.height), static_cast<int>(shape.width)),
        "cudnnSetTensor4dDescriptor");
}

}  // namespace

ConvolutionDescriptors::ConvolutionDescriptors(const Kernel& kernel) : bf16(kernel.precision == Precision::bf16) {
  const LayerShape& layer = kernel.shape;
  const cudnnDataType_t type = bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
  set(x, type, kernel.batch, layer.input);
  set(y, type, kernel.batch, layer.output);
  set(bias, type, 1, {.channels = layer.output.channels});
  check(cudnnSetFilter4dDescriptor(filter, type, CUDNN_TENSOR_NHWC, static_cast<int>(layer.output.channels),
                                   static_cast<int>(layer.input.channels / layer.groups), layer.window.height, layer.window.width),
        "cudnnSetFilter4dDescriptor");
  check(cudnnSetConvolution2dDescriptor(convolution, layer.padding.height, layer.padding.width, layer.stride.height, layer.stride.width, 1,
                                        1, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
        "cudnnSetConvolution2dDescriptor");
  check(cudnnSetConvolutionGroupCount(convolution, static_cast<int>(layer.groups)), "cudnnSetConvolutionGroupCount");
  check(cudnnSetConvolutionMathType(convolution, bf16 ? CUDNN_TENSOR_OP_MATH : CUDNN_FMA_MATH), "cudnnSetConvolutionMathType");
}

}  // namespace forerun::cuda
