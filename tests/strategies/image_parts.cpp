#include "strategies/image_parts.hpp"

#include <catch2/catch.hpp>

using namespace forerun;

TEST_CASE("parts of an image are as equal as they can be, and follow one another") {
  CHECK(image_part(13, 2, 0) == ImageRange{0, 7});
  CHECK(image_part(13, 2, 1) == ImageRange{7, 13});
  CHECK(image_part(11, 4, 3) == ImageRange{9, 11});
  for (int part = 0; part < 5; ++part) CHECK(image_part(10, 5, part) == ImageRange{2 * part, 2 * part + 2});
}

TEST_CASE("windows look at the rows that they cover, and rows are looked at by those windows") {
  for (std::int64_t size = 1; size <= 4; ++size)
    for (std::int64_t stride = 1; stride <= 3; ++stride)
      for (std::int64_t padding = 0; padding < size; ++padding) {
        const Window window{size, stride, padding};
        const std::int64_t extent = 11, windows = (extent + 2 * padding - size) / stride + 1;
        INFO(size << ", stride " << stride << ", padding " << padding);
        for (std::int64_t w = 0; w < windows; ++w) {
          const ImageRange rows = looked_at(window, {w, w + 1}, extent);
          for (std::int64_t row = 0; row < extent; ++row) {
            const bool covers = w * stride - padding <= row && row < w * stride - padding + size;
            CHECK(covers == (rows.begin <= row && row < rows.end));
            const ImageRange back = looking_at(window, {row, row + 1}, windows);
            CHECK(covers == (back.begin <= w && w < back.end));
          }
        }
      }
}

TEST_CASE("parts lack the rows that windows need: those of padding, stride and an edge that no stride meets") {
  CHECK(reach_of_windows({3, 1, 1}, 16, 16, 2) == Reach{1, 1});
  CHECK(reach_of_windows({3, 2, 1}, 8, 4, 2) == Reach{1, 0});
  CHECK(reach_of_rows({3, 2, 1}, 8, 4, 2) == Reach{0, 1});
  CHECK(reach_of_windows({3, 1, 0}, 28, 26, 2) == Reach{1, 1});  // the half after has a row less to begin with
  CHECK(reach_of_windows({2, 2, 0}, 26, 13, 2) == Reach{0, 1});  // 13 rows, and 7 windows of 2
  CHECK(reach_of_windows({2, 2, 0}, 16, 8, 4) == Reach{0, 0});
  CHECK(reach_of_windows({1, 1, 0}, 7, 7, 1) == Reach{0, 0});
}
