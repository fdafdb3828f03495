#include "kernels/trainer/data.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/error.hpp"
#include "kernels/trainer/random.hpp"

namespace forerun {

namespace {

constexpr std::int64_t kCells = 4;  // a side of the grid of a pattern
constexpr std::uint64_t kPatternStream = 1;
constexpr std::uint64_t kNoiseStream = 2;
constexpr std::uint64_t kLabelStream = 3;
constexpr std::uint64_t kTableStream = 4;
constexpr std::uint64_t kTokenStream = 5;
constexpr std::uint64_t kStray = 4;  // of as many tokens one follows no table

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

Batch make_sequences(std::int64_t positions, std::int64_t vocabulary, std::uint64_t seed, std::int64_t first, std::int64_t count) {
  const auto size = static_cast<std::size_t>(positions * count);
  const auto words = static_cast<std::uint64_t>(vocabulary);
  Batch batch{{}, AlignedArray<std::int32_t>(size), AlignedArray<std::int32_t>(size)};
  const auto after = [&](std::uint64_t token, std::uint64_t draw) {
    if (draw % kStray == 0) return mix_bits(draw) % words;
    return mix_bits(stream_key(seed, kTableStream) ^ token) % words;
  };
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint64_t key = stream_key(stream_key(seed, kTokenStream), static_cast<std::uint64_t>(first + i));
    std::uint64_t token = key % words;
    for (std::int64_t position = 0; position < positions; ++position) {
      const auto at = static_cast<std::size_t>(i * positions + position);
      batch.tokens.span()[at] = static_cast<std::int32_t>(token);
      token = after(token, mix_bits(key ^ static_cast<std::uint64_t>(position + 1)));
      batch.labels.span()[at] = static_cast<std::int32_t>(token);
    }
  }
  return batch;
}

Batch make_batch(const Workload& workload, std::uint64_t seed, std::int64_t first, std::int64_t number, std::int64_t count) {
  const LayerShape& loss = workload.layers.back().shape;
  const auto reads = [&](LayerKind kind) {
    return std::ranges::any_of(workload.layers, [&](const Layer& layer) { return layer.shape.kind == kind; });
  };
  const bool sequences = reads(LayerKind::embedding);
  if (sequences != (loss.input.positions() > 1))
    throw MissingCapability("the trainer has images with a class each and sequences to continue, and neither is what " + workload.name +
                            " learns from");
  Batch batch = sequences ? make_sequences(loss.input.positions(), loss.input.channels, seed, first, count)
                          : make_batch(workload.input, loss.input.elements(), seed, first, count);
  batch.first = number;
  return batch;
}

}  // namespace forerun
