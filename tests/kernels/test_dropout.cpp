#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "kernels/dropout_draws.hpp"
#include "layer_data.hpp"

using namespace forerun;
using cpu::Library;

namespace {

constexpr std::int64_t kBatch = 6;

/// The masks of a batch whose first sample is `first`, all else alike.
std::vector<std::uint8_t> masks(const LayerData& like, const LayerShape& shape, std::int64_t first, std::int64_t batch) {
  LayerData data = like;
  data.first_sample = first;
  data.mask.assign(data.mask.size(), 0);
  run(shape, Pass::forward, batch, Library::eigen, data);
  data.mask.resize(static_cast<std::size_t>(batch * shape.output.elements()));
  return data.mask;
}

}  // namespace

TEST_CASE("a dropout drops the same elements of a sample however the samples are split") {
  const LayerShape shape = layer(LayerKind::dropout, {7, 5, 9});
  std::mt19937 random(Catch::rngSeed());
  const LayerData data(shape, kBatch, random);
  const std::vector<std::uint8_t> whole = masks(data, shape, 40, kBatch);
  std::vector<std::uint8_t> parts = masks(data, shape, 40, 2);
  for (const auto& [first, batch] : {std::pair{42, 1}, std::pair{43, 3}})
    for (const std::uint8_t kept : masks(data, shape, first, batch)) parts.push_back(kept);
  CHECK(parts == whole);
}

TEST_CASE("what a dropout drops changes with the key, the step and the sample") {
  const LayerShape shape = layer(LayerKind::dropout, {64, 8, 1});
  std::mt19937 random(Catch::rngSeed());
  const LayerData data(shape, kBatch, random);
  LayerData other_key = data, other_step = data;
  ++other_key.key, ++other_step.step;
  const std::vector<std::uint8_t> mask = masks(data, shape, 0, kBatch);
  CHECK(masks(other_key, shape, 0, kBatch) != mask);
  CHECK(masks(other_step, shape, 0, kBatch) != mask);
  CHECK_FALSE(std::equal(mask.begin(), mask.begin() + 512, mask.begin() + 512));
}

TEST_CASE("a dropout drops its share and keeps the mean") {
  const LayerShape shape = layer(LayerKind::dropout, {100, 100, 1});
  std::mt19937 random(Catch::rngSeed());
  LayerData data(shape, kBatch, random);
  std::fill(data.input.begin(), data.input.end(), 1.0F);
  for (const float share : {0.0F, 0.1F, 0.5F, 0.9F}) {
    run(shape, Pass::forward, kBatch, Library::eigen, data, {.dropped_share = share});
    const double n = static_cast<double>(data.output.size());
    const double dropped = static_cast<double>(std::count(data.output.begin(), data.output.end(), 0.0F)) / n;
    CHECK(dropped == Approx(share).margin(5 * std::sqrt(share * (1 - share) / n)));  // five deviations
    const double mean = std::accumulate(data.output.begin(), data.output.end(), 0.0) / n;
    CHECK(mean == Approx(1).margin(1e-5 + 5 * std::sqrt(share / (1 - share) / n)));
  }
}

TEST_CASE("the four draws of a hash are its bits, each once") {
  const std::uint64_t key = sample_key(stream_key(3, 4), 5, 6);
  std::uint64_t bits = 0;
  for (int i = 0; i < kDrawsPerHash; ++i) bits |= static_cast<std::uint64_t>(draw(key, 8 + i)) << (16 * i);
  CHECK(bits == four_draws(key, 2));
}
