#include "strategies/image_parts.hpp"

#include <algorithm>

namespace forerun {
namespace {

constexpr std::int64_t ceil_quotient(std::int64_t a, std::int64_t b) { return a <= 0 ? -(-a / b) : (a + b - 1) / b; }

void reach_for(ImageRange needed, ImageRange own, Reach& reach) {
  if (needed.extent() <= 0) return;
  reach.before = std::max(reach.before, own.begin - needed.begin);
  reach.after = std::max(reach.after, needed.end - own.end);
}

}  // namespace

Window rows_of(const LayerShape& shape) { return {shape.window.height, shape.stride.height, shape.padding.height}; }
Window columns_of(const LayerShape& shape) { return {shape.window.width, shape.stride.width, shape.padding.width}; }

ImageRange image_part(std::int64_t extent, int parts, int part) {
  const auto begin = [&](std::int64_t place) { return place * (extent / parts) + std::min(place, extent % parts); };
  return {begin(part), begin(part + 1)};
}

ImageRange looked_at(const Window& window, ImageRange windows, std::int64_t extent) {
  const std::int64_t first = windows.begin * window.stride - window.padding;
  const std::int64_t last = (windows.end - 1) * window.stride - window.padding + window.size;
  return {std::max<std::int64_t>(0, first), std::min(extent, last)};
}

ImageRange looking_at(const Window& window, ImageRange rows, std::int64_t extent) {
  const std::int64_t first = ceil_quotient(rows.begin + window.padding - window.size + 1, window.stride);
  const std::int64_t last = (rows.end - 1 + window.padding) / window.stride;
  return {std::max<std::int64_t>(0, first), std::min(extent, last + 1)};
}

Reach reach_of_windows(const Window& window, std::int64_t extent, std::int64_t windows, int parts) {
  Reach reach;
  for (int part = 0; part < parts; ++part)
    reach_for(looked_at(window, image_part(windows, parts, part), extent), image_part(extent, parts, part), reach);
  return reach;
}

Reach reach_of_rows(const Window& window, std::int64_t extent, std::int64_t windows, int parts) {
  Reach reach;
  for (int part = 0; part < parts; ++part)
    reach_for(looking_at(window, image_part(extent, parts, part), windows), image_part(windows, parts, part), reach);
  return reach;
}

}  // namespace forerun
