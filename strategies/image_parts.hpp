#pragma once

#include <cstdint>

#include "core/workload.hpp"

namespace forerun {

/// Rows [begin, end) of an image, or columns.
struct ImageRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;

  [[nodiscard]] std::int64_t extent() const { return end - begin; }
  friend bool operator==(const ImageRange&, const ImageRange&) = default;
};

/// What the parts of an extent lack of what they need: at most so many rows of the part before and of the one after.
struct Reach {
  std::int64_t before = 0;
  std::int64_t after = 0;

  friend bool operator==(const Reach&, const Reach&) = default;
};

/// One dimension of a window.
struct Window {
  std::int64_t size = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
};
Window rows_of(const LayerShape& shape);
Window columns_of(const LayerShape& shape);

/// A part of an extent: as equal as they can be, the first ones a row longer where they do not divide.
ImageRange image_part(std::int64_t extent, int parts, int part);

/// The rows that windows look at, of an image of `extent` rows: o s - q to o s - q + K - 1 of window o.
ImageRange looked_at(const Window& window, ImageRange windows, std::int64_t extent);
/// The windows, of `extent`, that look at any of the rows.
ImageRange looking_at(const Window& window, ImageRange rows, std::int64_t extent);

/// What the parts of `extent` rows lack, of which the windows in each of the parts of `windows` look at some.
Reach reach_of_windows(const Window& window, std::int64_t extent, std::int64_t windows, int parts);
/// What the parts of `windows` lack for the parts of `extent` rows, each of which needs all windows that look at it.
Reach reach_of_rows(const Window& window, std::int64_t extent, std::int64_t windows, int parts);

}  // namespace forerun
