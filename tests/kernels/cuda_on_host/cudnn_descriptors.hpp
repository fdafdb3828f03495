#pragma once

#include "cudnn.h"
#include "elements.hpp"

/// What the descriptors of cuDNN's player hold, and what its calls share.

struct cudnnContext {};
struct cudnnTensorStruct {
  cudnnTensorFormat_t format;
  cudnnDataType_t type;
  int n, c, h, w;
};
struct cudnnFilterStruct {
  cudnnDataType_t type;
  cudnnTensorFormat_t format;
  int k, c, h, w;
};
struct cudnnConvolutionStruct {
  int pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w;
  cudnnConvolutionMode_t mode;
  cudnnDataType_t compute;
  int groups = 1;
  cudnnMathType_t math = CUDNN_DEFAULT_MATH;
};
struct cudnnActivationStruct {
  cudnnActivationMode_t mode;
};

namespace cuda_on_host {

inline Element element(cudnnDataType_t type) { return type == CUDNN_DATA_FLOAT ? Element::float32 : Element::bf16; }

/// Whether the descriptors fit together and are among what cuDNN has: FLOAT_CONFIG and PSEUDO_BFLOAT16_CONFIG of its documentation.
inline cudnnStatus_t convolves(const cudnnTensorStruct& x, const cudnnFilterStruct& w, const cudnnConvolutionStruct& c,
                               const cudnnTensorStruct& y) {
  const auto length = [](int image, int padding, int window, int stride) { return (image + 2 * padding - window) / stride + 1; };
  if (c.stride_h < 1 || c.stride_w < 1 || c.dilation_h != 1 || c.dilation_w != 1 || c.groups < 1) return CUDNN_STATUS_BAD_PARAM;
  if (x.n != y.n || x.c != w.c * c.groups || w.k % c.groups != 0 || y.c != w.k || y.h != length(x.h, c.pad_h, w.h, c.stride_h) ||
      y.w != length(x.w, c.pad_w, w.w, c.stride_w))
    return CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH;
  if (x.type != w.type || x.type != y.type || c.compute != CUDNN_DATA_FLOAT) return CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE;
  const bool nhwc = x.format == CUDNN_TENSOR_NHWC && y.format == CUDNN_TENSOR_NHWC && w.format == CUDNN_TENSOR_NHWC;
  return nhwc && c.mode == CUDNN_CROSS_CORRELATION ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}

}  // namespace cuda_on_host
