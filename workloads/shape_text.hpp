#pragma once

#include <string>

#include "core/workload.hpp"

namespace forerun {

/// A tensor of one sample as people write it, channels last: `224x224x3`, a sequence `1024x768`, a vector `1000`.
std::string shape_text(const TensorShape& shape);

/// A convolution's or pool's window, stride and padding, `3/2+1` or where it is not square `1x7/1+0x3`; `-` for other layers.
std::string window_text(const LayerShape& layer);

}  // namespace forerun
