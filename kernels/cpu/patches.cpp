#include "kernels/cpu/patches.hpp"

#include <algorithm>

namespace forerun::cpu {

namespace {

/// Calls visit(input offset, patch offset, count) for each run of floats that a patch shares with the input: in NHWC a window row
/// inside the image is one run, of several groups a pixel's channels of the group. Offsets are from the sample's first element and from
/// the first patch's.
template <class Visit>
void for_each_run(const LayerShape& shape, std::int64_t group, std::int64_t output_row, Visit visit) {
  const std::int64_t all = shape.input.channels, channels = all / shape.groups, width = shape.input.width;
  const std::int64_t top = output_row * shape.stride.height - shape.padding.height;
  const std::int64_t first_y = std::max<std::int64_t>(0, -top);
  const std::int64_t last_y = std::min<std::int64_t>(shape.window.height, shape.input.height - top);
  for (std::int64_t column = 0; column < shape.output.width; ++column) {
    const std::int64_t left = column * shape.stride.width - shape.padding.width;
    const std::int64_t first_x = std::max<std::int64_t>(0, -left);
    const std::int64_t last_x = std::min<std::int64_t>(shape.window.width, width - left);
    if (last_x <= first_x) continue;
    const std::int64_t patch = column * patch_elements(shape);
    for (std::int64_t y = first_y; y < last_y; ++y) {
      const std::int64_t from = ((top + y) * width + left + first_x) * all + group * channels;
      const std::int64_t to = patch + (y * shape.window.width + first_x) * channels;
      if (shape.groups == 1) {
        visit(from, to, (last_x - first_x) * channels);
        continue;
      }
      for (std::int64_t x = 0; x < last_x - first_x; ++x) visit(from + x * all, to + x * channels, channels);
    }
  }
}

}  // namespace

void gather_patches(const LayerShape& shape, std::int64_t group, const float* input, std::int64_t first_row, std::int64_t rows,
                    float* patches) {
  const std::int64_t row_elements = shape.output.width * patch_elements(shape);
  const bool padded = shape.padding.height > 0 || shape.padding.width > 0;
  for (std::int64_t row = first_row; row < first_row + rows; ++row, patches += row_elements) {
    const float* sample = input + row / shape.output.height * shape.input.elements();
    if (padded) std::fill_n(patches, row_elements, 0.0F);
    for_each_run(shape, group, row % shape.output.height,
                 [&](std::int64_t from, std::int64_t to, std::int64_t count) { std::copy_n(sample + from, count, patches + to); });
  }
}

void scatter_patches(const LayerShape& shape, std::int64_t group, const float* patches, std::int64_t first_row, std::int64_t rows,
                     float* input_gradient) {
  const std::int64_t row_elements = shape.output.width * patch_elements(shape);
  for (std::int64_t row = first_row; row < first_row + rows; ++row, patches += row_elements) {
    float* sample = input_gradient + row / shape.output.height * shape.input.elements();
    for_each_run(shape, group, row % shape.output.height, [&](std::int64_t to, std::int64_t from, std::int64_t count) {
      for (std::int64_t i = 0; i < count; ++i) sample[to + i] += patches[from + i];
    });
  }
}

}  // namespace forerun::cpu
