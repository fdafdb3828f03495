#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "kernels/cpu/layers.hpp"
#include "kernels/dropout_draws.hpp"

namespace forerun::cpu {

namespace {

static_assert(std::endian::native == std::endian::little, "draws are read from hashes in memory order");

/// to = scale from where the mask is 1, else 0. The factor is chosen and not the product, so that the loop becomes vectors.
void keep(const std::uint8_t* __restrict mask, std::int64_t count, float scale, const float* __restrict from, float* __restrict to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = (mask[i] != 0 ? scale : 0.0F) * from[i];
}

class Forward final : public Operator {
 public:
  Forward(const Kernel& kernel, float share) : batch_(kernel.batch), elements_(kernel.shape.input.elements()), rate_(share) {}
  void run(const LayerBuffers& b) override {
    for (std::int64_t n = 0; n < batch_; ++n) {
      const std::uint64_t key = sample_key(b.key, b.step, b.first_sample + n);
      for (std::int64_t first = 0; first < elements_; first += kChunk) {
        const std::int64_t at = n * elements_ + first;
        drop(key, first, std::min(kChunk, elements_ - first), b.input + at, b.output + at, b.mask + at);
      }
    }
  }

 private:
  static constexpr std::int64_t kChunk = 1024;  // few enough for the first-level cache, enough for vectors

  void drop(std::uint64_t key, std::int64_t first, std::int64_t count, const float* __restrict x, float* __restrict y,
            std::uint8_t* __restrict mask) const {
    std::array<std::uint64_t, kChunk / kDrawsPerHash> hashes;
    std::array<std::uint16_t, kChunk> draws;
    const std::int64_t start = first / kDrawsPerHash, needed = (count + kDrawsPerHash - 1) / kDrawsPerHash;
    for (std::int64_t i = 0; i < needed; ++i) hashes[i] = four_draws(key, start + i);
    std::memcpy(draws.data(), hashes.data(), static_cast<std::size_t>(needed) * sizeof(std::uint64_t));
    const auto threshold = static_cast<std::uint16_t>(rate_.threshold);
    for (std::int64_t i = 0; i < count; ++i) mask[i] = draws[i] >= threshold ? 1 : 0;
    keep(mask, count, rate_.scale, x, y);
  }

  std::int64_t batch_;
  std::int64_t elements_;
  DropRate rate_;
};

class BackwardData final : public Operator {
 public:
  BackwardData(const Kernel& kernel, float share)
      : elements_(kernel.batch * kernel.shape.input.elements()), scale_(DropRate(share).scale) {}
  void run(const LayerBuffers& b) override { keep(b.mask, elements_, scale_, b.output_gradient, b.input_gradient); }

 private:
  std::int64_t elements_;
  float scale_;
};

}  // namespace

std::unique_ptr<Operator> dropout(const Kernel& kernel, float share) {
  if (kernel.pass == Pass::forward) return std::make_unique<Forward>(kernel, share);
  return std::make_unique<BackwardData>(kernel, share);
}

}  // namespace forerun::cpu
