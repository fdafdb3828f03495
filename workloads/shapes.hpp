#pragma once

#include <cstdint>

#include "core/workload.hpp"
#include "io/text.hpp"

namespace forerun {

/// What a layer's description leaves to be derived: `outputs` of a dense layer or channels of a convolution, and the window.
struct LayerDescription {
  LayerKind kind = LayerKind::dense;
  std::int64_t outputs = 1;
  Extent window;
  Extent stride;
  Padding padding;
  Padding uneven;  ///< zeros that stand on one side of the input alone: one where a window of 2 keeps its input's edge
  Extent dilation;
  std::int64_t groups = 1;
  bool bias = true;
  bool round_up = false;  ///< of a window's last step: counted even where it leaves the input (ceil mode)
  Text where;             ///< where the layer stands, for messages
};

/// The layer's shape on this input, for dense (on the channels of each position), convolutions, pools, elementwise layers and losses.
/// An edge of a convolution's or a pool's output is floor((edge + 2 padding + uneven - dilation (window - 1) - 1) / stride) + 1, of a
/// transposed convolution's (edge - 1) stride - 2 padding - uneven + dilation (window - 1) + 1.
/// BadInput: a window larger than the padded input, padding not smaller than the window, channels that groups do not divide, a loss
/// over less than two classes, a tensor or parameters above 2^53 elements.
LayerShape infer_shape(const TensorShape& input, const LayerDescription& description);

/// All elements as the channels of one position.
constexpr TensorShape flattened(const TensorShape& shape) { return {.channels = shape.elements()}; }

/// BadInput where the tensor has more than 2^53 elements.
void check_elements(const TensorShape& shape, const Text& where);

/// BadInput where the layer's parameters or tensors are above 2^53 elements.
void check_size(const LayerShape& shape, const Text& where);

/// a x b where that stays within 2^53; else BadInput, that `what` is too large. Neither is negative.
std::int64_t checked_product(std::int64_t a, std::int64_t b, const Text& where, const std::string& what);

}  // namespace forerun
