#pragma once

#include <cstdint>
#include <span>

#include "strategies/image_parts.hpp"

namespace forerun {

/// Rows of each image of a batch, one image after another.
template <class T>
struct ImageRows {
  T* data = nullptr;
  ImageRange rows;  ///< that it holds of an image; some may lie outside
  std::int64_t batch = 0;
  std::int64_t row_elements = 0;

  [[nodiscard]] std::int64_t elements() const { return batch * rows.extent() * row_elements; }
  [[nodiscard]] T* row(std::int64_t image, std::int64_t row) const {
    return data + (image * rows.extent() + row - rows.begin) * row_elements;
  }
};

/// Copies those rows of a range that both hold, or adds them.
void copy_rows(const ImageRows<const float>& from, ImageRange range, const ImageRows<float>& to);
void add_rows(const ImageRows<const float>& from, ImageRange range, const ImageRows<float>& to);

}  // namespace forerun
