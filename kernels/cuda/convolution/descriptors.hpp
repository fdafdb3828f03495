#pragma once

#include <cudnn.h>

#include "core/calibration.hpp"
#include "kernels/cuda/common/check.hpp"

/// A convolution in cuDNN's words: its classic interface, which has all that is asked for here (groups, any stride and padding, NHWC,
/// float32 and bf16) and chooses among kernels by itself.
namespace forerun::cuda {

/// A descriptor of cuDNN's. Throws std::runtime_error where there is none.
template <class T, cudnnStatus_t (*create)(T*), cudnnStatus_t (*destroy)(T)>
class DnnDescriptor {
 public:
  DnnDescriptor() { check(create(&descriptor_), "a descriptor of cuDNN"); }
  ~DnnDescriptor() { destroy(descriptor_); }
  DnnDescriptor(const DnnDescriptor&) = delete;
  DnnDescriptor& operator=(const DnnDescriptor&) = delete;
  operator T() const { return descriptor_; }

 private:
  T descriptor_ = nullptr;
};

using DnnTensor = DnnDescriptor<cudnnTensorDescriptor_t, cudnnCreateTensorDescriptor, cudnnDestroyTensorDescriptor>;
using DnnFilter = DnnDescriptor<cudnnFilterDescriptor_t, cudnnCreateFilterDescriptor, cudnnDestroyFilterDescriptor>;
using DnnConvolution = DnnDescriptor<cudnnConvolutionDescriptor_t, cudnnCreateConvolutionDescriptor, cudnnDestroyConvolutionDescriptor>;
using DnnActivation = DnnDescriptor<cudnnActivationDescriptor_t, cudnnCreateActivationDescriptor, cudnnDestroyActivationDescriptor>;

/// A layer's arrays, all of the activations' precision: images NHWC, filters outputs x rows x columns x channels of a group. Sums are
/// float32; float32 is multiplied as such, without TF32, and bf16 by tensor cores.
struct ConvolutionDescriptors {
  explicit ConvolutionDescriptors(const Kernel& kernel);

  DnnTensor x, y, bias;
  DnnFilter filter;
  DnnConvolution convolution;
  bool bf16;
};

}  // namespace forerun::cuda
