#pragma once

#include <cstdint>

#include "core/workload.hpp"

namespace forerun::cpu {

/// The patches that a convolution's outputs see, as rows of a matrix: one row an output pixel, its columns window row x window
/// column x channel of one group, zero where the window lies in the padding. Output rows are counted over the whole batch:
/// row r is row r % output height of sample r / output height.
[[nodiscard]] constexpr std::int64_t patch_elements(const LayerShape& shape) {
  return shape.input.channels / shape.groups * shape.window.height * shape.window.width;
}

/// Writes a group's patches of `rows` output rows from `first_row` on (im2col).
void gather_patches(const LayerShape& shape, std::int64_t group, const float* input, std::int64_t first_row, std::int64_t rows,
                    float* patches);

/// Adds each patch's columns to the inputs they came from: the transpose of gather_patches (col2im).
void scatter_patches(const LayerShape& shape, std::int64_t group, const float* patches, std::int64_t first_row, std::int64_t rows,
                     float* input_gradient);

}  // namespace forerun::cpu
