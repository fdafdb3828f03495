#pragma once

#include <cstdint>

#include "core/workload.hpp"
#include "io/text.hpp"

namespace forerun {

/// What a layer's description leaves to be derived: `outputs` of a dense layer or channels of a convolution, and the window.
struct LayerDescription {
  LayerKind kind = LayerKind::dense;
  std::int64_t outputs = 1;
  int window = 1;
  int stride = 1;
  int padding = 0;
  Text where;  ///< where the layer stands, for messages
};

/// The layer's shape on this input. An edge of a convolution's or a pool's output is floor((edge + 2 padding - window) / stride) + 1.
/// BadInput: a window larger than the padded input, padding not smaller than the window, a loss over less than two classes,
/// a tensor or parameters above 2^53 elements.
LayerShape infer_shape(const TensorShape& input, const LayerDescription& description);

/// BadInput where the tensor has more than 2^53 elements.
void check_elements(const TensorShape& shape, const Text& where);

}  // namespace forerun
