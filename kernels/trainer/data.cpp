#include "kernels/trainer/data.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kernels/trainer/random.hpp"

namespace forerun {

namespace {

constexpr std::int64_t kCells = 4;  // a side of the grid of a pattern
constexpr std::uint64_t kPatternStream = 1;
constexpr std::uint64_t kNoiseStream = 2;
constexpr std::uint64_t kLabelStream = 3;

/// One class's pattern, spread from its cells over all pixels.
std::vector<float> pattern(const TensorShape& shape, std::uint64_t key) {
  const std::int64_t rows = std::min(kCells, shape.height);
  const std::int64_t columns = std::min(kCells, shape.width);
  std::vector<float> cells(static_cast<std::size_t>(rows * columns * shape.channels));
  fill_normal(key, std::sqrt(0.5F), cells);
  std::vector<float> pixels;
  pixels.reserve(static_cast<std::size_t>(shape.elements()));
  for (std::int64_t y = 0; y < shape.height; ++y)
    for (std::int64_t x = 0; x < shape.width; ++x) {
      const std::int64_t cell = (y * rows / shape.height) * columns + x * columns / shape.width;
      const auto begin = cells.begin() + cell * shape.channels;
      pixels.insert(pixels.end(), begin, begin + shape.channels);
    }
  return pixels;
}

}  // namespace

Batch make_batch(const TensorShape& shape, std::int64_t classes, std::uint64_t seed, std::int64_t first, std::int64_t count) {
  const auto elements = static_cast<std::size_t>(shape.elements());
  std::vector<std::vector<float>> patterns(static_cast<std::size_t>(classes));  // made when first met
  Batch batch{AlignedArray<float>(elements * static_cast<std::size_t>(count)), AlignedArray<std::int32_t>(static_cast<std::size_t>(count))};
  for (std::int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<std::uint64_t>(first + i);
    const std::uint64_t label = mix_bits(stream_key(seed, kLabelStream) ^ index) % static_cast<std::uint64_t>(classes);
    auto& prototype = patterns[label];
    if (prototype.empty()) prototype = pattern(shape, stream_key(stream_key(seed, kPatternStream), label));
    const std::span<float> sample = batch.samples.span().subspan(static_cast<std::size_t>(i) * elements, elements);
    fill_normal(stream_key(stream_key(seed, kNoiseStream), index), std::sqrt(0.5F), sample);
    for (std::size_t k = 0; k < elements; ++k) sample[k] += prototype[k];
    batch.labels.span()[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(label);
  }
  return batch;
}

}  // namespace forerun
