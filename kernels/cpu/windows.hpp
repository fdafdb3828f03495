#pragma once

#include <algorithm>
#include <cstdint>

#include "core/workload.hpp"
#include "kernels/cpu/threads.hpp"

namespace forerun::cpu {

/// Calls visit(place in the window, input pixel of the sample) for the places inside the image of the window of one output pixel.
template <class Visit>
void for_each_place(const LayerShape& shape, std::int64_t row, std::int64_t column, Visit visit) {
  const std::int64_t top = row * shape.stride.height - shape.padding.height, left = column * shape.stride.width - shape.padding.width;
  for (std::int64_t y = std::max<std::int64_t>(0, -top); y < std::min<std::int64_t>(shape.window.height, shape.input.height - top); ++y)
    for (std::int64_t x = std::max<std::int64_t>(0, -left); x < std::min<std::int64_t>(shape.window.width, shape.input.width - left); ++x)
      visit(static_cast<std::int32_t>(y * shape.window.width + x), (top + y) * shape.input.width + left + x);
}

/// Calls visit(row, column, first input element of the sample, first output element of the pixel) for each output pixel; threads share
/// the samples.
template <class Visit>
void for_each_window(const LayerShape& shape, std::int64_t batch, const Visit& visit) {
  share_out(batch, shape.input.elements() + shape.output.elements(), [&](std::int64_t first, std::int64_t count) {
    std::int64_t output = first * shape.output.elements();
    for (std::int64_t sample = first; sample < first + count; ++sample)
      for (std::int64_t row = 0; row < shape.output.height; ++row)
        for (std::int64_t column = 0; column < shape.output.width; ++column, output += shape.output.channels)
          visit(row, column, sample * shape.input.elements(), output);
  });
}

}  // namespace forerun::cpu
