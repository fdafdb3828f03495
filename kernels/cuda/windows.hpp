#pragma once

#include "core/calibration.hpp"

namespace forerun::cuda {

/// Windows over a batch of NHWC images, in numbers as narrow as a GPU divides fast.
struct WindowShape {
  int samples;
  int input_height, input_width, input_channels;
  int output_height, output_width, output_channels;
  int window_height, window_width;
  int stride_height, stride_width;
  int padding_height, padding_width;

  [[nodiscard]] constexpr int places() const { return window_height * window_width; }
};

/// Throws MissingCapability, in the name of `what`, where an array has more than 2^31 - 1 elements.
WindowShape window_shape(const Kernel& kernel, const char* what);

}  // namespace forerun::cuda
